/** What a request has to pass before anybody answers it: which site sent it, and how often its client comes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { untrustedHeader } from '#server/auth/origin'
import type { ApiLimit, Config } from '#server/config/model'
import { ERROR_KINDS, isAppError } from '#server/errors'
import { translateStorageError } from '#server/http'
import { type LimitName, refuseIfKnown, takeFromApiLimit } from '#server/limits/limits'
import { answerCrossOrigin } from '#server/listener/cors'
import { answerText } from '#server/listener/machine-answers'
import type { Runtime } from '#server/runtime'

/**
 * Cross-origin rules, and the check of PHOENIX_CSRF_TRUSTED_ORIGINS. Preflights carry no intent, so they come first.
 * @returns whether the request is answered
 */
export function answerForeign(
  config: Config,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  if (answerCrossOrigin(config, request, response)) return true
  if (config.edge.trustedHosts === null) return false
  const header = untrustedHeader(config, { path, headers: { get: (name) => headerOf(request, name) } })
  if (header === null) return false
  response.setHeader('x-error-code', 'untrusted_origin')
  answerText(response, 401, `Refused: the ${header} header names a host that is not trusted here`)
  return true
}

/** Whose limit a sign-in address is counted against; the counting is done where it is answered. */
const LIMIT_OF_PATH = new Map<string, LimitName>([
  ['/auth/login', 'login'],
  ['/auth/ldap/login', 'login'],
  ['/auth/refresh', 'refresh'],
  ['/auth/logout', 'logout'],
  ['/auth/password-reset-email', 'password_reset'],
  ['/auth/password-reset', 'password_reset_token'],
])
/** Whoever watches the server must not be told that it is ill. */
const WATCHED = new Set(['/healthz', '/readyz'])

/**
 * Refuses who is over a limit: known ones of sign-in, at the price of a look into a map, and all of BENNU_RATE_LIMIT_API.
 * @returns whether the request is answered; a promise only where the database is asked
 */
export function answerTooOften(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean | Promise<boolean> {
  if (!runtime.config.limits.enabled) return false
  const name = LIMIT_OF_PATH.get(path)
  const limit = limitFor(runtime.config.limits.api, path)
  if (name === undefined && limit === null) return false
  const ctx = {
    ...runtime,
    actor: { kind: 'anonymous' as const },
    request: {
      requestId: headerOf(request, 'x-request-id') ?? '',
      address: headerOf(request, 'x-bennu-peer'),
      userAgent: headerOf(request, 'user-agent'),
    },
  }
  try {
    if (name !== undefined) refuseIfKnown(ctx, name)
  } catch (error) {
    return refuse(runtime, response, error)
  }
  if (limit === null) return false
  return takeFromApiLimit(ctx, limit).then(
    () => false,
    (error) => refuse(runtime, response, error),
  )
}

/** The limit of the longest path that this one lies under. */
function limitFor(limits: readonly ApiLimit[], path: string): ApiLimit | null {
  if (limits.length === 0 || WATCHED.has(path)) return null
  let found: ApiLimit | null = null
  for (const limit of limits) {
    const folder = limit.prefix.replace(/\/+$/, '')
    const isUnder = path === folder || path.startsWith(`${folder}/`)
    if (isUnder && limit.prefix.length > (found?.prefix.length ?? 0)) found = limit
  }
  return found
}

function refuse(runtime: Runtime, response: ServerResponse, caught: unknown): true {
  const error = translateStorageError(caught, runtime)
  if (!isAppError(error)) throw error
  response.setHeader('x-error-code', error.code)
  if (error.retryAfterSeconds !== undefined) response.setHeader('retry-after', error.retryAfterSeconds)
  answerText(response, ERROR_KINDS[error.kind].status, error.message)
  return true
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return value === undefined ? null : String(value)
}
