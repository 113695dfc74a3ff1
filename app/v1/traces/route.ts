import { randomUUID } from 'node:crypto'
import { otherMethods } from '#app/_lib/other-methods'
import { handleOtlp } from '#server/otlp/http'
import { getRuntime } from '#server/runtime'

export const runtime = 'nodejs'

/** OTLP over HTTP. The web listener answers this path with the same function before Next sees it. */
export async function POST(request: Request): Promise<Response> {
  const { status, headers, body } = await handleOtlp(
    {
      method: 'POST',
      header: (name) => request.headers.get(name),
      body: (request.body ?? []) as unknown as AsyncIterable<Uint8Array>,
      peer: request.headers.get('x-bennu-peer'),
      requestId: request.headers.get('x-request-id') ?? randomUUID(),
    },
    getRuntime(),
  )
  return new Response(body as BodyInit, { status, headers })
}

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
