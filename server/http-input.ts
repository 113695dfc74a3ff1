/** What a REST route reads of its request: the path's parameters, the query, and a JSON body of limited size. */
import type { z } from 'zod'
import { AppError, type FieldFault } from '#server/errors'

/** Largest JSON body of an ordinary route. */
const MAX_JSON_BYTES = 1024 * 1024

export type Shape = z.ZodObject

/**
 * The parameters of the path.
 * @throws AppError invalid
 */
export function readParams<P>(
  schema: z.ZodType<P> | undefined,
  raw: Record<string, string | string[] | undefined>,
): P {
  if (!schema) return raw as P
  const parsed = schema.safeParse(raw)
  if (!parsed.success)
    throw new AppError('invalid', 'Invalid path', { faults: faultsOf(parsed.error, 'path') })
  return parsed.data
}

/**
 * The fields of the query that the schema names; of one that stands there twice the last counts, unless it is a list.
 * @throws AppError invalid
 */
export function readQuery<Q>(
  schema: (z.ZodType<Q> & Shape) | undefined,
  search: URLSearchParams,
): Q | undefined {
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

/** Said to be JSON (RFC 8259, or a type built on it by RFC 6839 3.1), with any parameters. */
const JSON_TYPE = /^\s*application\/([\w.+-]+\+)?json\s*(;|$)/i

/**
 * Refuses a body that is not said to be JSON: a page of another site can send any other type without asking the browser
 * whether it may. Programs may leave the type out; what a browser sent (it says from which page) has one.
 * @throws AppError unsupported_media
 */
function refuseOtherTypes({ headers }: Request): void {
  const type = headers.get('content-type')
  if (type === null ? !headers.has('origin') : JSON_TYPE.test(type)) return
  throw new AppError('unsupported_media', 'Send the body as JSON, with Content-Type: application/json')
}

/**
 * The JSON of a body, by its schema.
 * @param text the whole body of `request`
 * @throws AppError unsupported_media, undecodable, invalid
 */
export function parseBody<B>(
  schema: z.ZodType<B> | undefined,
  request: Request,
  text: string,
): B | undefined {
  if (!schema) return undefined
  if (text !== '') refuseOtherTypes(request)
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
 * The body as text, never more than a mebibyte of it.
 * @throws AppError too_large, undecodable (not UTF-8)
 */
export async function readBodyText(request: Request): Promise<string> {
  const tooLarge = () => new AppError('too_large', `The request body is larger than ${MAX_JSON_BYTES} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > MAX_JSON_BYTES) throw tooLarge()
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MAX_JSON_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new AppError('undecodable', 'The request body is not valid UTF-8', { cause })
  }
}

function faultsOf(error: z.ZodError, where: 'body' | 'query' | 'path'): FieldFault[] {
  return error.issues.slice(0, 100).map((issue) => ({
    type: issue.code ?? 'invalid',
    loc: [where, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))],
    msg: issue.message,
  }))
}
