import { otherMethods } from '#app/_lib/other-methods'
import { ANNOUNCED_VERSION } from '#server/build-info'

/** The version that clients compare; the web listener answers this path before it gets here. */
export function GET(): Response {
  return new Response(ANNOUNCED_VERSION, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  })
}

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
