/** Binds the routes of server/http.ts to this application: who asks is read from the request's headers. */
import { randomUUID } from 'node:crypto'
import { authenticate } from '#server/auth/authenticate'
import { ACCESS_COOKIE, REFRESH_COOKIE, readCookie } from '#server/auth/cookies'
import { identify } from '#server/auth/identify'
import { refuseForeignOrigin } from '#server/auth/origin'
import type { Ctx, RequestInfo } from '#server/context'
import { AppError, isAppError } from '#server/errors'
import { createRoute, translateStorageError } from '#server/http'
import { authLogger } from '#server/log'
import { loggablePath } from '#server/log/path'
import type { Actor } from '#server/permissions'
import { getRuntime, type Runtime } from '#server/runtime'

const MAX_USER_AGENT = 500
/** What a stranger may write into our log at a time, in characters of one field. */
const MAX_LOGGED = 200

/** The part of a request that says who asks and from where. */
export interface Asking {
  method: string
  /** Path without the query. */
  path: string
  headers: Headers
  /** Whether a page is asked for: only those may be the server's own requests. */
  isPage?: boolean
}

/**
 * The context of a request, its credential checked against the database.
 * @throws AppError forbidden (sent by another site), unavailable (the database is away)
 */
export async function contextFrom(asking: Asking): Promise<Ctx> {
  const runtime = getRuntime()
  const { headers } = asking
  const requestId = headers.get('x-request-id') ?? randomUUID()
  const userAgent = headers.get('user-agent')?.slice(0, MAX_USER_AGENT) ?? null
  const request = { requestId, address: headers.get('x-bennu-peer'), userAgent }
  const log = runtime.log.child({ requestId })
  try {
    const actor = await actorOf({ ...runtime, log }, asking, request)
    const { config, db, clock } = runtime
    return { config, db, clock, log, request, actor }
  } catch (error) {
    const translated = translateStorageError(error, { db: runtime.db, log })
    if (!isAppError(translated)) log.error({ err: error }, 'a credential could not be checked')
    throw translated
  }
}

async function actorOf(runtime: Runtime, asking: Asking, request: RequestInfo): Promise<Actor> {
  const { method, path, headers, isPage } = asking
  if (isPage && runtime.ownRequests.includes(headers)) return { kind: 'warmUp' }
  const authorization = headers.get('authorization')
  const accessCookie = readCookie(headers.get('cookie'), ACCESS_COOKIE)
  const refreshCookie = readCookie(headers.get('cookie'), REFRESH_COOKIE)
  const byCookie = authorization === null && (accessCookie ?? refreshCookie) !== null
  try {
    refuseForeignOrigin(runtime.config, { method, path, headers, byCookie })
  } catch (error) {
    const origin = headers.get('origin')?.slice(0, MAX_LOGGED) ?? null
    const place = { method, path: loggablePath(path).slice(0, MAX_LOGGED), origin }
    authLogger(runtime.log).warn(place, 'refused a request of another site')
    throw error
  }
  const credential = { authorization, accessCookie }
  // Renewing and leaving judge the tokens by themselves, and come with an access cookie that is over.
  if (path.startsWith('/auth/')) return (await authenticate(runtime, credential)).actor
  return identify(runtime, credential, request)
}

/** The context of a route handler's request. */
export function contextOf(request: Request): Promise<Ctx> {
  return contextFrom({
    method: request.method,
    path: new URL(request.url).pathname,
    headers: request.headers,
  })
}

/** Declares one method of one REST route. */
export const route = createRoute(contextOf)

/** Declares one method of a route under /auth, where nothing is while authentication is off. */
export const authRoute = createRoute(async (request) => {
  if (!getRuntime().config.auth.enabled) throw new AppError('not_found', 'Not Found')
  return contextOf(request)
})

/** Whether the browser that sent these headers speaks https to us or to a trusted proxy in front of us. */
export function isHttps(headers: Headers): boolean {
  return headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https'
}
