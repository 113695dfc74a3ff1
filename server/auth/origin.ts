/** Cross-site request forgery: whether a request was sent by a page of another site. */
import type { Config } from '#server/config/model'
import { AppError } from '#server/errors'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Where a browser gets a session: a page of another site must not sign somebody in as somebody else either. */
const SIGN_IN = /^\/(auth\/|oauth2\/[^/]+\/login(\/|$))/
/** A GET that changes something. */
const SIGN_OUT = /^\/auth\/logout\/?$/

/** The headers by which a browser says whose page sent a request. */
const TELLING = ['origin', 'referer'] as const

export interface OriginRequest {
  method: string
  /** Path without the query. */
  path: string
  headers: Pick<Headers, 'get'>
  /** Whether the request relies on a cookie: there is one and no Authorization header. */
  byCookie: boolean
}

/**
 * Refuses, when a browser says that another site sent them: unsafe requests that rely on a cookie, sign-ins and
 * sign-outs, and while authentication is off every unsafe request without an Authorization header, which no page can
 * add unasked. Host names alone are compared, so ports and TLS in front of us do not matter.
 * @throws AppError forbidden, naming the header
 */
export function refuseForeignOrigin(config: Config, request: OriginRequest): void {
  if (!isJudged(config, request)) return
  const own = ownHosts(config, request.headers)
  for (const name of TELLING) {
    const value = request.headers.get(name)
    if (!value || isOfHost(value, own) || isAllowed(config, value, request)) continue
    const sentence = `Refused: the ${name} header names another site than this server`
    throw new AppError('forbidden', sentence, { code: 'foreign_origin' })
  }
}

function isJudged({ auth }: Config, { method, path, headers, byCookie }: OriginRequest): boolean {
  if (SAFE_METHODS.has(method)) return auth.enabled && byCookie && SIGN_OUT.test(path)
  if (!auth.enabled) return !headers.get('authorization')
  return byCookie || SIGN_IN.test(path)
}

/**
 * Whether PHOENIX_ALLOWED_ORIGINS lets this page in. `*` stands for pages that send no cookie along and get none: any page
 * could otherwise sign a browser in as somebody else.
 */
function isAllowed({ edge }: Config, value: string, { byCookie, path }: OriginRequest): boolean {
  if (edge.allowedOrigins.includes('*')) return !byCookie && !SIGN_IN.test(path)
  return URL.canParse(value) && edge.allowedOrigins.includes(new URL(value).origin)
}

/** Addresses of machines that take part in OAuth2; browsers of any site may ask them. */
const FOR_EVERYBODY = /^\/(\.well-known\/|oauth2\/(register|token|revoke)$|mcp(\/|$))/

/**
 * With PHOENIX_CSRF_TRUSTED_ORIGINS set, whatever the method and the path: the header that names a host which is neither
 * listed nor our own, or null when there is none. `Origin: null` names no host.
 */
export function untrustedHeader(
  config: Config,
  { path, headers }: Pick<OriginRequest, 'path' | 'headers'>,
): 'origin' | 'referer' | null {
  if (config.edge.trustedHosts === null || FOR_EVERYBODY.test(path)) return null
  const trusted = ownHosts(config, headers)
  return TELLING.find((name) => headers.get(name) && !isOfHost(headers.get(name) ?? '', trusted)) ?? null
}

function isOfHost(value: string, hosts: ReadonlySet<string>): boolean {
  return URL.canParse(value) && hosts.has(new URL(value).hostname)
}

/** Our own host names and those that the operator trusts. */
function ownHosts({ server, edge }: Config, headers: Pick<Headers, 'get'>): Set<string> {
  const own = new Set<string>(edge.trustedHosts)
  if (server.rootUrl !== null) own.add(new URL(server.rootUrl).hostname)
  // The listener has deleted x-forwarded-host where no trusted proxy sent it.
  for (const value of [headers.get('host'), headers.get('x-forwarded-host')?.split(',')[0]?.trim()]) {
    const address = `http://${value}`
    if (value && URL.canParse(address)) own.add(new URL(address).hostname)
  }
  return own
}
