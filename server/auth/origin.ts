/** Cross-site request forgery: whether a request was sent by a page of another site. */
import type { Config } from '#server/config/model'
import { AppError } from '#server/errors'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface OriginRequest {
  method: string
  /** Path without the query. */
  path: string
  headers: Headers
  /** Whether the request relies on a cookie: there is one and no Authorization header. */
  byCookie: boolean
}

/**
 * Refuses unsafe requests that rely on a cookie, and sign-in requests even without one, when a browser says that
 * another site sent them. Host names alone are compared, so ports and TLS in front of us do not matter.
 * @throws AppError forbidden, naming the header
 */
export function refuseForeignOrigin(config: Config, request: OriginRequest): void {
  if (!config.auth.enabled || SAFE_METHODS.has(request.method)) return
  if (!request.byCookie && !request.path.startsWith('/auth/')) return
  const own = ownHosts(config, request.headers)
  for (const name of ['origin', 'referer']) {
    const value = request.headers.get(name)
    if (!value) continue
    const host = URL.canParse(value) ? new URL(value).hostname : null
    if (!host || !own.has(host)) {
      const sentence = `Refused: the ${name} header names another site than this server`
      throw new AppError('forbidden', sentence, { code: 'foreign_origin' })
    }
  }
}

function ownHosts(config: Config, headers: Headers): Set<string> {
  const own = new Set<string>()
  if (config.server.rootUrl !== null) own.add(new URL(config.server.rootUrl).hostname)
  // The listener has deleted x-forwarded-host where no trusted proxy sent it.
  for (const value of [headers.get('host'), headers.get('x-forwarded-host')?.split(',')[0]?.trim()]) {
    const address = `http://${value}`
    if (value && URL.canParse(address)) own.add(new URL(address).hostname)
  }
  return own
}
