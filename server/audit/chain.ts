/**
 * The audit chain's keys and its head. Row 1 of `audit_chain` is the head; its key is random, made at the first start, and
 * lies wrapped under PHOENIX_SECRET or, where there is none, in clear. Further rows hold the keys of earlier stretches.
 */
import { randomBytes } from 'node:crypto'
import { desc, eq, max } from 'drizzle-orm'
import { GENESIS_HASH } from '#server/audit/entry'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { AppError } from '#server/errors'
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

async function makeKey(config: Config): Promise<StoredKey> {
  const key = randomBytes(32)
  if (config.auth.secret === null) return { chainKey: key.toString('base64'), keyEncrypted: false }
  return { chainKey: await wrapSecret(config.auth, key), keyEncrypted: true }
}

const CLOSED =
  'no configured secret opens the key of the audit log, so nothing could be put on record: PHOENIX_SECRET is not the one that ' +
  'this database was used with. Put the earlier one into BENNU_SECRET_PREVIOUS, or set PHOENIX_SECRET right. Where it is lost ' +
  'for good, run `bennu audit new-key`'

/** What a start found, and made of it. */
export interface ChainStart {
  /** `secured`: a key that lay in clear gave way to a new, encrypted one. */
  became: 'made' | 'kept' | 'secured'
  /** The last entry so far, which is the last one under the key before; 0 when there is none. */
  count: number
}

/**
 * Makes the head and its key if there is none, and puts a new key in place of one that lies in clear once there is a
 * PHOENIX_SECRET. A key that lay in clear is never used on: whoever can write to the database may have put it there and
 * written the entries under it. Safe to run at every start, by several servers at once. Call `warmSecrets(config.auth)`
 * before the transaction, so that it does not wait for the derivation.
 * @throws AppError conflict when no configured secret opens the key: one server with a wrong PHOENIX_SECRET must not take
 *   the key from those that run beside it
 */
export async function ensureAuditChain(
  tx: Queries,
  config: Config,
  db: Pick<Database, 't'>,
): Promise<ChainStart> {
  const { auditChain } = db.t
  const made = await tx
    .insert(auditChain)
    .values({ id: HEAD, count: 0, hash: GENESIS_HASH, ...(await makeKey(config)) })
    .onConflictDoNothing()
    .returning({ id: auditChain.id })
  if (made.length > 0) return { became: 'made', count: await adoptEntries(tx, db) }
  const head = await lockHead(tx, db)
  if (!head) throw new Error('The audit chain lost its head during start')
  const { count } = head
  const key = await openChainKey(config, head)
  if (key === null) throw new AppError('conflict', CLOSED)
  if (head.keyEncrypted || config.auth.secret === null) return { became: 'kept', count }
  await beginStretch(tx, { config, db }, head)
  return { became: 'secured', count }
}

/**
 * Gives up a key that no configured secret opens, for whoever has lost it: the entries so far stay, and verify again only
 * with its secret. Call `warmSecrets(config.auth)` before the transaction, and put it on record in the same one.
 * @returns the number of the last entry under the old key
 * @throws AppError conflict when there is no audit log yet, or its key opens
 */
export async function giveUpChainKey(tx: Queries, config: Config, db: Pick<Database, 't'>): Promise<number> {
  const head = await lockHead(tx, db)
  if (!head)
    throw new AppError(
      'conflict',
      'there is no audit log: no server has run on this database yet, or it was removed',
    )
  if ((await openChainKey(config, head)) !== null)
    throw new AppError('conflict', 'the key of the audit log opens: nothing has to be given up')
  await beginStretch(tx, { config, db }, head)
  return head.count
}

type Head = Database['t']['auditChain']['$inferSelect']

/** Null without a head. */
async function lockHead(tx: Queries, { t: { auditChain } }: Pick<Database, 't'>): Promise<Head | null> {
  // Setting the hash to itself locks the row on both engines.
  const [head] = await tx
    .update(auditChain)
    .set({ hash: auditChain.hash })
    .where(eq(auditChain.id, HEAD))
    .returning()
  return head ?? null
}

/**
 * Lets a head that was just made follow on entries that lost theirs, as a stretch that no key opens: what comes must be
 * recorded all the same.
 * @returns the number of the last such entry, 0 without any
 */
async function adoptEntries(tx: Queries, db: Pick<Database, 't'>): Promise<number> {
  const { auditChain, auditEvents } = db.t
  const [last] = await tx
    .select({ id: auditEvents.id, hash: auditEvents.hash })
    .from(auditEvents)
    .orderBy(desc(auditEvents.id))
    .limit(1)
  if (!last) return 0
  const end = { count: last.id, hash: last.hash }
  await archive(tx, db, { chainKey: '', keyEncrypted: true, ...end })
  await tx.update(auditChain).set(end).where(eq(auditChain.id, HEAD))
  return last.id
}

/** Closes the stretch of the head, if it has entries, and gives what follows a new key. */
async function beginStretch(
  tx: Queries,
  { config, db }: { config: Config; db: Pick<Database, 't'> },
  head: Head,
): Promise<void> {
  const { auditChain } = db.t
  if (head.count > 0) await archive(tx, db, head)
  await tx
    .update(auditChain)
    .set(await makeKey(config))
    .where(eq(auditChain.id, HEAD))
}

/** Keeps the head of a closed stretch: entries up to its count verify under its key. */
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
