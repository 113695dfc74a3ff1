/**
 * The one way a REST route is made: who may call it, what it accepts, what it runs. Works on web
 * Request and Response and knows nothing of Next; `app/_lib/handle.ts` binds it.
 *
 * Order of gates: credential (401), forced password reset and permission (403), body size (413),
 * undecodable body (400), schema of body and query (422), and only then whatever `run` looks up.
 */
import type { z } from 'zod'
import type { Ctx } from '#server/context'
import { AppError, ERROR_KINDS, type FieldFault, isAppError, toAppError } from '#server/errors'
import { type Action, can } from '#server/permissions'

/** Largest JSON body of an ordinary route. */
const MAX_JSON_BYTES = 1024 * 1024

type Shape = z.ZodObject

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
        const params = await authorize(ctx, definition, await context.params)
        const body = await readBody(definition.body, request)
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

/** What a session that must change its password may still do. */
const ALLOWED_BEFORE_RESET: readonly Action[] = ['profile.read', 'profile.update']

/**
 * Throws unless the actor may do the action now.
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
    throw new AppError('forbidden', 'password reset required', { code: 'password_reset_required' })
  }
  if (!can(actor, action, isOwner)) {
    const sentence =
      actor.kind === 'open'
        ? 'Not available: authentication is disabled on this server'
        : 'You do not have permission to do this'
    throw new AppError('forbidden', sentence)
  }
}

function readParams<P>(
  schema: z.ZodType<P> | undefined,
  raw: Record<string, string | string[] | undefined>,
): P {
  if (!schema) return raw as P
  const parsed = schema.safeParse(raw)
  if (!parsed.success)
    throw new AppError('invalid', 'Invalid path', { faults: faultsOf(parsed.error, 'path') })
  return parsed.data
}

function readQuery<Q>(schema: (z.ZodType<Q> & Shape) | undefined, search: URLSearchParams): Q | undefined {
  if (!schema) return undefined
  const raw: Record<string, string | string[]> = {}
  for (const [name, field] of Object.entries(schema.shape)) {
    const values = search.getAll(name)
    if (values.length > 0) raw[name] = isList(field as z.ZodType) ? values : (values.at(-1) as string)
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success)
    throw new AppError('invalid', 'Invalid query', { faults: faultsOf(parsed.error, 'query') })
  return parsed.data
}

function isList(schema: z.ZodType): boolean {
  const def = schema.def as { type: string; innerType?: z.ZodType; in?: z.ZodType }
  if (def.type === 'array') return true
  const inner = def.innerType ?? def.in
  return inner ? isList(inner) : false
}

async function readBody<B>(schema: z.ZodType<B> | undefined, request: Request): Promise<B | undefined> {
  if (!schema) return undefined
  const text = await readText(request, MAX_JSON_BYTES)
  let json: unknown
  try {
    json = text.trim() === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    throw new AppError('undecodable', 'The request body is not valid JSON', { cause })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success)
    throw new AppError('invalid', 'Invalid body', { faults: faultsOf(parsed.error, 'body') })
  return parsed.data
}

/**
 * The body as text, never more than `limit` bytes of it.
 * @throws AppError too_large, undecodable (not UTF-8)
 */
export async function readText(request: Request, limit: number): Promise<string> {
  const tooLarge = () => new AppError('too_large', `The request body is larger than ${limit} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge()
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new AppError('undecodable', 'The request body is not valid UTF-8', { cause })
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

function faultsOf(error: z.ZodError, where: 'body' | 'query' | 'path'): FieldFault[] {
  return error.issues.slice(0, 100).map((issue) => ({
    type: issue.code ?? 'invalid',
    loc: [where, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))],
    msg: issue.message,
  }))
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
