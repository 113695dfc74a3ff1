/**
 * Turns a credential into an Actor. Every call reads the database and nothing is remembered, so a credential that
 * was revoked is dead at the next request, in every process. Web routes, OTLP over HTTP and gRPC all come here.
 */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { noteKeyUse, noteSessionUse } from '#server/auth/last-use'
import { type Refusal, type RefusalReason, readToken, tokenFault } from '#server/auth/refusals'
import { hashToken, matchesHash, sameSecret, type TokenText } from '#server/auth/tokens'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { fixedLimit, prepared } from '#server/db/prepared'
import type { Actor, Role } from '#server/permissions'

/** What authentication needs; a Runtime and a Ctx both fit. */
export interface AuthWorld {
  db: Database
  config: Config
  clock: () => Date
}

export interface Credential {
  /** The Authorization header (or gRPC metadata entry), null when absent. */
  authorization: string | null
  /** The access cookie. Looked at only when there is no Authorization header. */
  accessCookie: string | null
  /** The client's address, to be noted as the place of the credential's last use. */
  address?: string | null
}

/** Why nobody is signed in; null when somebody is. */
export type Problem = 'missing' | 'invalid' | 'expired'

export interface Authentication {
  actor: Actor
  problem: Problem | null
  /** For the record only, never for the caller: why a credential that was shown is refused. */
  refusal: Refusal | null
}

/** Who presents this credential. Never throws for a bad one: that is `anonymous` with a problem. */
export async function authenticate(world: AuthWorld, credential: Credential): Promise<Authentication> {
  if (!world.config.auth.enabled) return accepted({ kind: 'open' })
  if (credential.authorization !== null) return authenticateBearer(world, credential)
  const { accessCookie } = credential
  if (!accessCookie) return { actor: { kind: 'anonymous' }, problem: 'missing', refusal: null }
  const token = readToken(world.config, accessCookie)
  // A cookie is a browser's session and nothing else: neither a key nor the admin secret works there.
  return token?.table === 'AccessToken'
    ? checkSession(world, credential, accessCookie, token)
    : refusedAsSlowly(world, accessCookie, token)
}

async function authenticateBearer(world: AuthWorld, credential: Credential): Promise<Authentication> {
  const text = /^Bearer +(\S+)\s*$/i.exec(credential.authorization ?? '')?.[1]
  if (!text) return refused('scheme')
  const { adminSecret } = world.config.auth
  if (adminSecret !== null && sameSecret(text, adminSecret)) return actAsSystem(world)
  const token = readToken(world.config, text)
  if (token?.table === 'AccessToken') return checkSession(world, credential, text, token)
  if (token?.table === 'ApiKey') return checkKey(world, credential, text, token)
  return refusedAsSlowly(world, text, token)
}

const accepted = (actor: Actor): Authentication => ({ actor, problem: null, refusal: null })

function refused(
  reason: RefusalReason,
  token: TokenText | null = null,
  userId: number | null = null,
): Authentication {
  return {
    actor: { kind: 'anonymous' },
    problem: reason === 'expired' ? 'expired' : 'invalid',
    refusal: { reason, credential: token && `${token.table}:${token.rowId}`, userId },
  }
}

/** The id of no row. */
const NO_ROW = 0

/**
 * Refuses a text that names no row to look at, after a look all the same: how long an answer takes must not tell
 * whether a signature was good or what kind of token it was.
 */
async function refusedAsSlowly(
  world: AuthWorld,
  text: string,
  token: TokenText | null,
): Promise<Authentication> {
  await findSession(world, NO_ROW)
  return refused(tokenFault(text, token, 'AccessToken'), token)
}

async function actAsSystem({ db }: AuthWorld): Promise<Authentication> {
  const { users } = db.t
  const [system] = await prepared(db.read, 'system_user', () =>
    db.read
      .select({ id: users.id })
      .from(users)
      .where(eq(users.role, 'SYSTEM'))
      .orderBy(asc(users.id))
      .limit(fixedLimit(1)),
  )({})
  if (!system) return refused('malformed')
  return accepted({ kind: 'adminSecret', userId: system.id, role: 'ADMIN' })
}

/** A session: signature, live row, hash, expiry, account. */
async function checkSession(
  world: AuthWorld,
  { address = null }: Credential,
  text: string,
  token: TokenText,
): Promise<Authentication> {
  if (!token.signatureGood) return refusedAsSlowly(world, text, token)
  const row = await findSession(world, token.rowId)
  if (!row || row.role === 'SYSTEM') return refused('revoked', token)
  if (!matchesHash(text, row.tokenHash)) return refused('forged', token)
  const { userId, role, mustReset, sessionId } = row
  if (isOver(row.expiresAt, world.clock())) return refused('expired', token, userId)
  if (row.disabledAt) return refused('disabled', token, userId)
  noteSessionUse(world, { userId, sessionId, address })
  return accepted({ kind: 'session', userId, role, mustReset, sessionId, accessTokenId: token.rowId })
}

async function findSession({ db }: AuthWorld, accessTokenId: number) {
  const { accessTokens, users } = db.t
  const [row] = await prepared(db.read, 'session_of_token', () =>
    db.read
      .select({
        tokenHash: accessTokens.tokenHash,
        expiresAt: accessTokens.expiresAt,
        sessionId: accessTokens.sessionId,
        userId: users.id,
        role: users.role,
        mustReset: users.resetPassword,
        disabledAt: users.disabledAt,
      })
      .from(accessTokens)
      .innerJoin(users, eq(users.id, accessTokens.userId))
      .where(eq(accessTokens.id, sql.placeholder('accessTokenId'))),
  )({ accessTokenId })
  return row
}

/**
 * A key: live row and hash, whatever secret signed it, so that changing the secret does not kill keys. While the grace
 * after a rotation runs, the value before it is as good. An imported key has no hash yet: there the signature must be
 * good, and the hash is kept from then on.
 */
async function checkKey(
  world: AuthWorld,
  { address = null }: Credential,
  text: string,
  token: TokenText,
): Promise<Authentication> {
  const row = await findKey(world, token.rowId)
  if (!row) return refused('revoked', token)
  const now = world.clock()
  const fault = keyFault(row, text, token, now)
  if (fault) return refused(fault, token, fault === 'rotated' ? row.userId : null)
  if (row.expiresAt && isOver(row.expiresAt, now)) return refused('expired', token, row.userId)
  if (row.disabledAt) return refused('disabled', token, row.userId)
  if (row.tokenHash === null) await pinKey(world, token.rowId, text)
  const { userId, scope } = row
  const isSystem = row.ownerRole === 'SYSTEM'
  noteKeyUse(world, { ownerId: isSystem ? null : userId, keyId: token.rowId, address })
  const role: Role = row.ownerRole === 'SYSTEM' ? (row.keyRole ?? 'MEMBER') : row.ownerRole
  return accepted({ kind: isSystem ? 'systemKey' : 'userKey', role, userId, keyId: token.rowId, scope })
}

async function findKey({ db }: AuthWorld, keyId: number) {
  const { apiKeys, users } = db.t
  const [row] = await prepared(db.read, 'key', () =>
    db.read
      .select({
        tokenHash: apiKeys.tokenHash,
        previousTokenHash: apiKeys.previousTokenHash,
        previousValidUntil: apiKeys.previousValidUntil,
        expiresAt: apiKeys.expiresAt,
        scope: apiKeys.scope,
        keyRole: apiKeys.role,
        userId: users.id,
        ownerRole: users.role,
        disabledAt: users.disabledAt,
      })
      .from(apiKeys)
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(eq(apiKeys.id, sql.placeholder('keyId'))),
  )({ keyId })
  return row
}

interface KeyHashes {
  tokenHash: string | null
  previousTokenHash: string | null
  previousValidUntil: Date | null
}

function keyFault(row: KeyHashes, text: string, token: TokenText, now: Date): RefusalReason | null {
  if (row.tokenHash === null) return token.signatureGood ? null : 'signature'
  if (matchesHash(text, row.tokenHash)) return null
  if (row.previousTokenHash === null || !matchesHash(text, row.previousTokenHash)) return 'forged'
  const inGrace = row.previousValidUntil !== null && !isOver(row.previousValidUntil, now)
  return inGrace ? null : 'rotated'
}

async function pinKey({ db }: AuthWorld, keyId: number, text: string): Promise<void> {
  const { apiKeys } = db.t
  try {
    await db.write((tx) =>
      tx
        .update(apiKeys)
        .set({ tokenHash: hashToken(text), lastFour: text.slice(-4) })
        .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.tokenHash))),
    )
  } catch (error) {
    // The signature vouches for it this time; the next use tries again.
    if (!db.dialect.isTransient(error) && !db.dialect.isStorageFull(error)) throw error
  }
}

/** Expiry is inclusive: at that very moment it is over. */
export function isOver(expiresAt: Date, now: Date): boolean {
  return now.getTime() >= expiresAt.getTime()
}
