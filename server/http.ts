/**
 * The one way a REST route is made: who may call it, what it accepts, what it runs. Works on web
 * Request and Response and knows nothing of Next; `app/_lib/handle.ts` binds it.
 *
 * Order of gates: credential (401), forced password reset and permission (403), body size (413), credential and
 * permission again once the body is there, its media type (415), undecodable body (400), schema of body and query (422),
 * and only then whatever `run` looks up.
 */
import type { z } from 'zod'
import { noteDenied } from '#server/audit/denied'
import type { Ctx } from '#server/context'
import { AppError, ERROR_KINDS, isAppError, toAppError } from '#server/errors'
import { parseBody, readBodyText, readParams, readQuery, type Shape } from '#server/http-input'
import { type Action, can } from '#server/permissions'

/** What `run`, `owner` and `write` are given. */
export interface RouteInput<P, Q, B> {
  ctx: Ctx
  request: Request
  params: P
  query: Q
  body: B
}

/** The declaration of one method of one route. */
export interface RouteDefinition<P, Q, B, R> {
  /** The action of the PERMISSIONS table, or `public`, said aloud. */
  can: Action | 'public'
  /** Whether the thing acted upon is the caller's own. Needed by actions with an `own` cell. */
  owner?: (input: { ctx: Ctx; params: P }) => Promise<boolean>
  params?: z.ZodType<P>
  query?: z.ZodType<Q> & Shape
  body?: z.ZodType<B>
  run: (input: RouteInput<P, Q, B>) => Promise<R>
  /** Status of success: 200 when left out. 204 sends no body. */
  status?: number
  /** Turns the result into something else than JSON. */
  write?: (result: R, input: RouteInput<P, Q, B>) => Response
  /** For the OpenAPI document; a route without a summary is left out of it. */
  summary?: string
  response?: z.ZodType
}

// biome-ignore lint/suspicious/noExplicitAny: a list of routes holds every kind of definition
export type AnyRouteDefinition = RouteDefinition<any, any, any, any>

/** A web-standard handler, with its declaration attached for the OpenAPI document and the permission list. */
export interface RouteHandler {
  (
    request: Request,
    context: { params: Promise<Record<string, string | string[] | undefined>> },
  ): Promise<Response>
  definition: AnyRouteDefinition
}

/** Makes `route()` for a way of turning a request into a Ctx (whose actor is already authenticated). */
export function createRoute(contextOf: (request: Request) => Promise<Ctx>) {
  return function route<P = Record<string, string>, Q = unknown, B = unknown, R = unknown>(
    definition: RouteDefinition<P, Q, B, R>,
  ): RouteHandler {
    const handler = async (
      request: Request,
      context: { params: Promise<Record<string, string | string[] | undefined>> },
    ): Promise<Response> => {
      let ctx: Ctx | undefined
      try {
        ctx = await contextOf(request)
        const raw = await context.params
        const params = await authorize(ctx, definition, raw)
        const text = definition.body ? await readBodyText(request) : ''
        if (definition.body) ctx = await authorizeAgain(ctx, definition, raw, () => contextOf(request))
        const body = parseBody(definition.body, request, text)
        const query = readQuery(definition.query, new URL(request.url).searchParams)
        const input = { ctx, request, params, query, body } as RouteInput<P, Q, B>
        return forNobodyElse(successResponse(definition, await definition.run(input), input))
      } catch (error) {
        return errorResponse(translateStorageError(error, ctx), ctx)
      }
    }
    return Object.assign(handler, { definition: definition as AnyRouteDefinition })
  }
}

function successResponse<P, Q, B, R>(
  { write, status = 200 }: RouteDefinition<P, Q, B, R>,
  result: R,
  input: RouteInput<P, Q, B>,
): Response {
  if (write) return write(result, input)
  return status === 204 ? new Response(null, { status }) : Response.json(result, { status })
}

/** What one caller may read no cache may keep: it would outlive the sign-out, or reach the next caller (RFC 9111 3). */
function forNobodyElse(response: Response): Response {
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
  return response
}

/**
 * Refuses what the actor may not do, and reads the path's parameters: whoever could not even act upon what is his own
 * is refused before anybody looks at the path.
 * @throws AppError unauthenticated, forbidden, invalid (a parameter)
 */
async function authorize<P, Q, B, R>(
  ctx: Ctx,
  definition: RouteDefinition<P, Q, B, R>,
  raw: Record<string, string | string[] | undefined>,
): Promise<P> {
  const { can: action, owner } = definition
  if (action !== 'public') refuseUnless(ctx, action, owner !== undefined)
  const params = readParams(definition.params, raw)
  if (action !== 'public' && owner) refuseUnless(ctx, action, await owner({ ctx, params }))
  return params
}

/**
 * Asks once more who sent the request and what he may do, now that its body is there: whoever sends the last byte of it
 * late would otherwise act with a right that was taken away meanwhile.
 * @throws AppError unauthenticated, forbidden
 */
async function authorizeAgain<P, Q, B, R>(
  ctx: Ctx,
  definition: RouteDefinition<P, Q, B, R>,
  raw: Record<string, string | string[] | undefined>,
  contextOf: () => Promise<Ctx>,
): Promise<Ctx> {
  if (definition.can === 'public') return ctx
  const { actor } = await contextOf()
  const now = { ...ctx, actor }
  await authorize(now, definition, raw)
  return now
}

/** What a session that must change its password may still do. */
const ALLOWED_BEFORE_RESET: readonly Action[] = ['profile.read', 'profile.update']

/**
 * Throws unless the actor may do the action now. A refusal of somebody who is known goes into the audit log, in the
 * background.
 * @throws AppError unauthenticated (401), forbidden (403; `password reset required` for sessions that must reset)
 */
export function refuseUnless(ctx: Ctx, action: Action, isOwner = false): void {
  const { actor } = ctx
  if (actor.kind === 'anonymous') throw new AppError('unauthenticated', 'Invalid or missing credentials')
  if (
    actor.kind === 'session' &&
    actor.mustReset &&
    ctx.config.auth.forcedReset === 'server' &&
    !ALLOWED_BEFORE_RESET.includes(action)
  ) {
    noteDenied(ctx, action, isOwner)
    throw new AppError('forbidden', 'password reset required', { code: 'password_reset_required' })
  }
  if (!can(actor, action, isOwner)) {
    noteDenied(ctx, action, isOwner)
    const sentence =
      actor.kind === 'open'
        ? 'Not available: authentication is disabled on this server'
        : 'You do not have permission to do this'
    throw new AppError('forbidden', sentence)
  }
}

/** What a database that is away or full throws, as the answer a client can act on; anything else as it is. */
export function translateStorageError(error: unknown, ctx: Pick<Ctx, 'db' | 'log'> | undefined): unknown {
  if (isAppError(error) || !ctx) return error
  const { dialect } = ctx.db
  if (!dialect.isTransient(error) && !dialect.isStorageFull(error)) return error
  ctx.log.error({ err: error }, 'the database could not do its part')
  if (dialect.isStorageFull(error)) {
    return new AppError('storage_full', 'The database has no room left', { cause: error })
  }
  return new AppError('unavailable', 'The database does not answer at the moment', {
    cause: error,
    retryAfterSeconds: 5,
  })
}

/** The answer to a caught value. Unknown errors are logged once, with the request id, and say nothing. */
export function errorResponse(caught: unknown, ctx: Pick<Ctx, 'log'> | undefined): Response {
  const error = toAppError(caught)
  if (error.kind === 'internal') ctx?.log.error({ err: error.cause ?? error }, 'request failed')
  const headers = new Headers({ 'x-error-code': error.code, 'cache-control': 'no-store' })
  if (error.kind === 'unauthenticated') headers.set('www-authenticate', 'Bearer realm="Bennu"')
  if (error.retryAfterSeconds !== undefined) headers.set('retry-after', String(error.retryAfterSeconds))
  const { status } = ERROR_KINDS[error.kind]
  if (error.body !== undefined) return Response.json(error.body, { status, headers })
  if (error.faults) return Response.json({ detail: error.faults }, { status, headers })
  headers.set('content-type', 'text/plain; charset=utf-8')
  return new Response(error.message, { status, headers })
}
