/**
 * Turns a credential into an Actor. Every call reads the database and nothing is remembered, so a credential that
 * was revoked is dead at the next request, in every process. Web routes, OTLP over HTTP and gRPC all come here.
 */
import { and, asc, eq, isNull } from 'drizzle-orm'
import { touchKey } from '#server/api-keys/touch'
import { hashToken, matchesHash, sameSecret, type TokenText, verifyTokenText } from '#server/auth/tokens'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
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
}

/** Why nobody is signed in; null when somebody is. */
export type Problem = 'missing' | 'invalid' | 'expired'

export interface Authentication {
  actor: Actor
  problem: Problem | null
  /** For the log only: the account a good credential belongs to, when that account is disabled. */
  disabledUserId?: number
}

/** Who presents this credential. Never throws for a bad one: that is `anonymous` with a problem. */
export async function authenticate(world: AuthWorld, credential: Credential): Promise<Authentication> {
  if (!world.config.auth.enabled) return { actor: { kind: 'open' }, problem: null }
  if (credential.authorization !== null) return authenticateBearer(world, credential.authorization)
  if (!credential.accessCookie) return refused('missing')
  const token = readToken(world.config, credential.accessCookie)
  // A cookie is a browser's session and nothing else: neither a key nor the admin secret works there.
  return token?.table === 'AccessToken'
    ? checkSession(world, credential.accessCookie, token)
    : refused('invalid')
}

async function authenticateBearer(world: AuthWorld, header: string): Promise<Authentication> {
  const text = /^Bearer +(\S+)\s*$/i.exec(header)?.[1]
  if (!text) return refused('invalid')
  const { adminSecret } = world.config.auth
  if (adminSecret !== null && sameSecret(text, adminSecret)) return actAsSystem(world)
  const token = readToken(world.config, text)
  if (token?.table === 'AccessToken') return checkSession(world, text, token)
  if (token?.table === 'ApiKey') return checkKey(world, text, token)
  return refused('invalid')
}

function readToken(config: Config, text: string): TokenText | null {
  const { secret, previousSecrets } = config.auth
  return verifyTokenText(text, secret === null ? previousSecrets : [secret, ...previousSecrets])
}

const refused = (problem: Problem, disabledUserId?: number): Authentication => ({
  actor: { kind: 'anonymous' },
  problem,
  ...(disabledUserId !== undefined && { disabledUserId }),
})

async function actAsSystem({ db }: AuthWorld): Promise<Authentication> {
  const { users } = db.t
  const [system] = await db.read
    .select({ id: users.id })
    .from(users)
    .where(eq(users.role, 'SYSTEM'))
    .orderBy(asc(users.id))
    .limit(1)
  if (!system) return refused('invalid')
  return { actor: { kind: 'adminSecret', userId: system.id, role: 'ADMIN' }, problem: null }
}

/** A session: signature, live row, hash, expiry, account. */
async function checkSession(world: AuthWorld, text: string, token: TokenText): Promise<Authentication> {
  if (!token.signatureGood) return refused('invalid')
  const { accessTokens, users } = world.db.t
  const [row] = await world.db.read
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
    .where(eq(accessTokens.id, token.rowId))
  if (!row || !matchesHash(text, row.tokenHash) || row.role === 'SYSTEM') return refused('invalid')
  if (isOver(row.expiresAt, world.clock())) return refused('expired')
  if (row.disabledAt) return refused('invalid', row.userId)
  const { userId, role, mustReset, sessionId } = row
  return {
    actor: { kind: 'session', userId, role, mustReset, accessTokenId: token.rowId, sessionId },
    problem: null,
  }
}

/**
 * A key: live row and hash, whatever secret signed it, so that changing the secret does not kill keys. An imported
 * key has no hash yet: there the signature must be good, and the hash is kept from then on.
 */
async function checkKey(world: AuthWorld, text: string, token: TokenText): Promise<Authentication> {
  const { apiKeys, users } = world.db.t
  const [row] = await world.db.read
    .select({
      tokenHash: apiKeys.tokenHash,
      expiresAt: apiKeys.expiresAt,
      scope: apiKeys.scope,
      keyRole: apiKeys.role,
      userId: users.id,
      ownerRole: users.role,
      disabledAt: users.disabledAt,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(eq(apiKeys.id, token.rowId))
  if (!row) return refused('invalid')
  if (!(row.tokenHash === null ? token.signatureGood : matchesHash(text, row.tokenHash)))
    return refused('invalid')
  if (row.expiresAt && isOver(row.expiresAt, world.clock())) return refused('expired')
  if (row.disabledAt) return refused('invalid', row.userId)
  if (row.tokenHash === null) await pinKey(world, token.rowId, text)
  void touchKey(world, token.rowId)
  const { userId, scope } = row
  const kindAndRole: { kind: 'systemKey' | 'userKey'; role: Role } =
    row.ownerRole === 'SYSTEM'
      ? { kind: 'systemKey', role: row.keyRole ?? 'MEMBER' }
      : { kind: 'userKey', role: row.ownerRole }
  return { actor: { ...kindAndRole, userId, keyId: token.rowId, scope }, problem: null }
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
