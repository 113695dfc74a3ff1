/**
 * The audit chain's key and head. Row 1 of `audit_chain` is the head; its key is random, made at the first start,
 * and lies wrapped under PHOENIX_SECRET as soon as there is one.
 */
import { randomBytes } from 'node:crypto'
import { eq, max } from 'drizzle-orm'
import { GENESIS_HASH } from '#server/audit/entry'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { unwrapSecret, warmSecrets, wrapSecret } from '#server/secrets/secrets'

/** The id of the row that is the head. */
export const HEAD = 1

export interface StoredKey {
  chainKey: string
  keyEncrypted: boolean
}

// By configuration and stored text, on globalThis: Next gives each route its own copy of this module. Re-wrapping the
// key or starting a new one changes the text, so a remembered key is never the wrong one.
const KEYS = Symbol.for('bennu.audit.keys')
const holder = globalThis as unknown as Record<symbol, WeakMap<Config, Map<string, Buffer>> | undefined>

function keysOf(config: Config): Map<string, Buffer> {
  holder[KEYS] ??= new WeakMap()
  const known = holder[KEYS].get(config) ?? new Map<string, Buffer>()
  holder[KEYS].set(config, known)
  return known
}

/** The chain key as bytes, or null when no configured secret opens it. Costs 0.2 s once per process and secret. */
export async function openChainKey(config: Config, stored: StoredKey): Promise<Buffer | null> {
  const keys = keysOf(config)
  const known = keys.get(stored.chainKey)
  if (known) return known
  const key = stored.keyEncrypted
    ? await unwrapSecret(config.auth, stored.chainKey)
    : Buffer.from(stored.chainKey, 'base64')
  if (key) keys.set(stored.chainKey, key)
  return key
}

async function storeKey(config: Config, key: Buffer): Promise<StoredKey> {
  if (config.auth.secret === null) return { chainKey: key.toString('base64'), keyEncrypted: false }
  return { chainKey: await wrapSecret(config.auth, key), keyEncrypted: true }
}

/**
 * Makes the head and its key if there is none, wraps a key that lies in clear once there is a PHOENIX_SECRET, and
 * puts a new key in place of one that no configured secret opens. Safe to run at every start, by several servers at
 * once. Call `warmSecrets(config.auth)` before the transaction, so that it does not wait for the derivation.
 * @returns `new-key` when the old key had to be given up: entries before it verify again only with its secret
 */
export async function ensureAuditChain(
  tx: Queries,
  config: Config,
  db: Pick<Database, 't'>,
): Promise<'made' | 'kept' | 'wrapped' | 'new-key'> {
  const { auditChain } = db.t
  const first = { id: HEAD, count: 0, hash: GENESIS_HASH, ...(await storeKey(config, randomBytes(32))) }
  const made = await tx
    .insert(auditChain)
    .values(first)
    .onConflictDoNothing()
    .returning({ id: auditChain.id })
  if (made.length > 0) return 'made'
  // Setting the hash to itself locks the row on both engines.
  const [head] = await tx
    .update(auditChain)
    .set({ hash: auditChain.hash })
    .where(eq(auditChain.id, HEAD))
    .returning()
  if (!head) throw new Error('The audit chain lost its head during start')
  const key = await openChainKey(config, head)
  if (key === null) {
    await archive(tx, db, head)
    await setKey(tx, db, await storeKey(config, randomBytes(32)))
    return 'new-key'
  }
  if (head.keyEncrypted || config.auth.secret === null) return 'kept'
  await setKey(tx, db, await storeKey(config, key))
  return 'wrapped'
}

async function setKey(tx: Queries, db: Pick<Database, 't'>, stored: StoredKey): Promise<void> {
  await tx.update(db.t.auditChain).set(stored).where(eq(db.t.auditChain.id, HEAD))
}

/** Keeps the head of a stretch whose key is closed: entries up to its count verify under its key. */
async function archive(
  tx: Queries,
  db: Pick<Database, 't'>,
  head: StoredKey & { count: number; hash: string },
): Promise<void> {
  const { auditChain } = db.t
  const [last] = await tx.select({ id: max(auditChain.id) }).from(auditChain)
  const { chainKey, keyEncrypted, count, hash } = head
  await tx.insert(auditChain).values({ id: (last?.id ?? HEAD) + 1, chainKey, keyEncrypted, count, hash })
}

/**
 * Opens the chain key ahead of the first event, so that no transaction waits for it. For the start of every process
 * that records; without it the first event pays.
 */
export async function prepareAudit(world: { db: Database; config: Config }): Promise<void> {
  await warmSecrets(world.config.auth)
  const { auditChain } = world.db.t
  const [head] = await world.db.read.select().from(auditChain).where(eq(auditChain.id, HEAD))
  if (head) await openChainKey(world.config, head)
}
