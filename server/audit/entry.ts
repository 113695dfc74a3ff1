/**
 * What is put into an audit entry and how its hashes are made. Pure: no database, no clock.
 * An entry's hash covers the one before it, so no entry can be changed, moved or taken out unseen by somebody
 * without the chain key. Personal data are covered through a salted digest only: blanking them together with the
 * salt leaves the chain whole and the digest useless for testing guesses.
 */
import { createHmac } from 'node:crypto'

/** Facts about an event. Never personal data, never a secret. */
export type AuditDetails = Record<string, string | number | boolean | null | readonly string[]>

/** The chained columns of an entry. */
export interface ChainedColumns {
  id: number
  at: Date
  action: string
  outcome: 'success' | 'failure'
  reason: string | null
  actorKind: string
  actorUserId: number | null
  credential: string | null
  target: string | null
  /** JSON text; compared by content, since PostgreSQL stores JSON in its own spelling. */
  details: string
  personalDigest: string
}

/** The columns outside the chain. */
export interface PersonalColumns {
  actorName: string | null
  targetName: string | null
  address: string | null
  userAgent: string | null
}

/** The hash before the first entry. */
export const GENESIS_HASH = '0'.repeat(64)

/** The hash of an entry, hex: HMAC-SHA256 over the hash before it and its chained columns. */
export function entryHash(key: Buffer, previousHash: string, entry: ChainedColumns): string {
  return digest(key, [
    'bennu.audit.entry.1',
    previousHash,
    entry.id,
    entry.at.getTime(),
    entry.action,
    entry.outcome,
    entry.reason,
    entry.actorKind,
    entry.actorUserId,
    entry.credential,
    entry.target,
    canonical(JSON.parse(entry.details)),
    entry.personalDigest,
  ])
}

/** The digest of an entry's personal columns, hex: HMAC-SHA256 over the salt and the columns. */
export function personalDigest(key: Buffer, salt: string, personal: PersonalColumns): string {
  const { actorName, targetName, address, userAgent } = personal
  return digest(key, ['bennu.audit.personal.1', salt, actorName, targetName, address, userAgent])
}

// A JSON list keeps the fields apart: no two different entries are spelled alike.
function digest(key: Buffer, fields: unknown[]): string {
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex')
}

/** The value with the names of every object in one order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return names.map(([name, member]) => [name, canonical(member)])
}

const LONGEST_TEXT = 500
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu

/**
 * Text from outside as it may be stored and logged: cut to 500 characters, without control characters, line ends
 * and lone surrogates, each replaced by U+FFFD. Both engines take it, and it cannot forge a line of a log.
 */
export function cleanText(text: string): string
export function cleanText(text: string | null | undefined): string | null
export function cleanText(text: string | null | undefined): string | null {
  return text == null ? null : text.slice(0, LONGEST_TEXT).replace(UNFIT, '\ufffd')
}
