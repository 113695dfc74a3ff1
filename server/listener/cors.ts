/** Cross-origin answers (the Fetch standard, section 3.3): what pages of other origins may read of ours. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '#server/config/model'
import { answerText } from '#server/listener/machine-answers'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
/** How long a browser may keep the answer to a preflight. */
const MAX_AGE_SECONDS = 600
/** What a page may read beside the few headers that are always open. */
const EXPOSED = 'retry-after, x-error-code, x-phoenix-server-version, x-request-id'

/**
 * Sets the headers for an origin of PHOENIX_ALLOWED_ORIGINS, and answers preflights.
 * @returns whether the request is answered
 */
export function answerCrossOrigin(
  { edge }: Config,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (edge.allowedOrigins.length === 0) return false
  const isOpen = edge.allowedOrigins.includes('*')
  if (!isOpen) varyByOrigin(response)
  const { origin } = request.headers
  const isAllowed = origin !== undefined && (isOpen || edge.allowedOrigins.includes(origin))
  if (isAllowed) {
    response.setHeader('access-control-allow-origin', isOpen ? '*' : origin)
    // Never beside `*`: any page could act as whoever looks at it.
    if (!isOpen) response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('access-control-expose-headers', EXPOSED)
  }
  return origin !== undefined && answerPreflight(request, response, isAllowed)
}

/** Says that the answer depends on the origin, also when Next sets the `Vary` of a page anew. */
function varyByOrigin(response: ServerResponse): void {
  const set = response.setHeader.bind(response)
  response.setHeader = (name, value) => {
    const keepsOurs = name.toLowerCase() !== 'vary' || /\borigin\b/i.test(String(value))
    return set(name, keepsOurs ? value : `Origin, ${String(value)}`)
  }
  response.setHeader('vary', 'Origin')
}

function answerPreflight(request: IncomingMessage, response: ServerResponse, isAllowed: boolean): boolean {
  if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return false
  if (!isAllowed) {
    answerText(response, 400, 'This origin is not among PHOENIX_ALLOWED_ORIGINS')
    return true
  }
  response.setHeader('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
  response.setHeader('access-control-allow-methods', METHODS)
  response.setHeader('access-control-max-age', MAX_AGE_SECONDS)
  const wanted = request.headers['access-control-request-headers']
  if (wanted) response.setHeader('access-control-allow-headers', wanted)
  response.writeHead(204)
  response.end()
  return true
}
