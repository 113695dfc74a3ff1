/** The ids of REST: standard base64 of `Type:<row id>`. */
import { AppError } from '#server/errors'

export type GlobalIdType =
  | 'Project'
  | 'Trace'
  | 'Span'
  | 'ProjectSession'
  | 'User'
  | 'UserRole'
  | 'UserApiKey'
  | 'SystemApiKey'
  | 'Session'
  | 'BlockedIdentity'
  | 'AuditEvent'

/** `Project:1` in base64. */
export function encodeGlobalId(type: GlobalIdType, rowId: number): string {
  return Buffer.from(`${type}:${rowId}`, 'utf8').toString('base64')
}

/** The type and row id of a GlobalID, or null when the text is none. Lenient about padding. */
export function decodeGlobalId(text: string): { type: string; rowId: number } | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null
  const plain = Buffer.from(text, 'base64').toString('utf8')
  const match = /^([A-Za-z]+):(\d{1,16})$/.exec(plain)
  if (!match) return null
  const rowId = Number(match[2])
  return Number.isSafeInteger(rowId) ? { type: match[1] as string, rowId } : null
}

/**
 * The row id of a GlobalID of the given type, for paths that accept nothing else.
 * @throws AppError invalid (422) for anything else
 */
export function requireGlobalId(type: GlobalIdType, text: string): number {
  const id = decodeGlobalId(text)
  if (id?.type !== type)
    throw new AppError('invalid', `Invalid ${type} id: ${JSON.stringify(text.slice(0, 100))}`)
  return id.rowId
}
