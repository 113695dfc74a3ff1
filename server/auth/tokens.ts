/**
 * The text of access tokens, refresh tokens and API keys: a JWT (RFC 7519) signed with HS256 whose payload is
 * nothing but `{"jti":"<table>:<row id>"}`. Everything else is looked up in that row.
 * Made by hand on node:crypto because this is on the ingest path: 3 µs instead of a JWT library's 40.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export const TOKEN_TABLES = ['AccessToken', 'RefreshToken', 'PasswordResetToken', 'ApiKey'] as const
/** The kind of a token, as written in its `jti`. */
export type TokenTable = (typeof TOKEN_TABLES)[number]

/** What a well-formed token text says about itself. */
export interface TokenText {
  table: TokenTable
  rowId: number
  /** Whether one of the given secrets made it. Without that, only a row with the text's hash vouches for it. */
  signatureGood: boolean
}

/** Longest text looked at: ours have about 110 characters. */
const MAX_LENGTH = 1000

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const JTI = new RegExp(`^(${TOKEN_TABLES.join('|')}):([1-9]\\d{0,15})$`)
const BASE64URL = /^[A-Za-z0-9_-]+$/

function sign(signedPart: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(signedPart).digest()
}

/**
 * The text to hand out for a row. The payload holds nothing but the row, so the header carries 128 random bits as
 * `kid`: without them whoever learned the secret could compute the text of a live row, hash and all, and a row id
 * used again after a restored backup would bring an old text back.
 */
export function signToken(table: TokenTable, rowId: number, secret: string): string {
  const header = encode({ alg: 'HS256', typ: 'JWT', kid: randomBytes(16).toString('base64url') })
  const signedPart = `${header}.${encode({ jti: `${table}:${rowId}` })}`
  return `${signedPart}.${sign(signedPart, secret).toString('base64url')}`
}

/**
 * Reads a token text, or null when it is none of ours: not three parts, another algorithm than HS256 (RFC 8725
 * 3.1), a `jti` that names no row. A wrong signature is not null but `signatureGood: false`.
 * @param secrets the current secret first, then those before it
 */
export function verifyTokenText(text: string, secrets: readonly string[]): TokenText | null {
  if (text.length > MAX_LENGTH) return null
  const parts = text.split('.')
  const [header, payload, signature] = parts
  if (parts.length !== 3 || !header || !payload || !signature || !BASE64URL.test(signature)) return null
  if (readJson(header)?.alg !== 'HS256') return null
  const jti = readJson(payload)?.jti
  const match = typeof jti === 'string' ? JTI.exec(jti) : null
  const rowId = Number(match?.[2])
  if (!match || !Number.isSafeInteger(rowId)) return null
  const signatureGood = isSignedByOne(`${header}.${payload}`, Buffer.from(signature, 'base64url'), secrets)
  return { table: match[1] as TokenTable, rowId, signatureGood }
}

/** Whether a text looks like a JWT of the one algorithm that is read here; for saying what is wrong with it. */
export function usesHs256(text: string): boolean {
  const [header = '', ...rest] = text.slice(0, MAX_LENGTH).split('.')
  const json = rest.length === 0 ? null : readJson(header)
  return json === null || json.alg === 'HS256'
}

function isSignedByOne(signedPart: string, signature: Buffer, secrets: readonly string[]): boolean {
  return secrets.some((secret) => {
    const expected = sign(signedPart, secret)
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  })
}

function readJson(part: string): Record<string, unknown> | null {
  if (!BASE64URL.test(part)) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** SHA-256 of a token text in hex: what its row keeps. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether the text is the one whose hash a row keeps; takes the same time either way. */
export function matchesHash(text: string, storedHash: string): boolean {
  const actual = Buffer.from(hashToken(text), 'hex')
  const stored = Buffer.from(storedHash, 'hex')
  return stored.length === actual.length && timingSafeEqual(actual, stored)
}

/** Whether two secrets are the same; takes the same time whatever they are. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
