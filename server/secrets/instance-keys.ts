/**
 * Random keys of this installation, each by its purpose. They lie in the database, wrapped under PHOENIX_SECRET as soon
 * as there is one; without it they lie in clear.
 */
import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { openSecret, unwrapSecret, wrapSecret } from '#server/secrets/secrets'

/** What is kept under which name. `secret-in-force` is never used as a key: see `secretInForce`. */
export type InstanceKeyName = 'blocked-identities' | typeof IN_FORCE

const IN_FORCE = 'secret-in-force'

interface KeyWorld {
  db: Pick<Database, 't'>
  config: Config
}

const KEY_BYTES = 32

// By configuration and stored text, on globalThis: Next gives each route its own copy of this module. Whatever changes a
// key changes its text, so a remembered one is never the wrong one.
const KEYS = Symbol.for('bennu.instance-keys')
const holder = globalThis as unknown as Record<symbol, WeakMap<Config, Map<string, Buffer>> | undefined>

function remembered(config: Config): Map<string, Buffer> {
  holder[KEYS] ??= new WeakMap()
  const known = holder[KEYS].get(config) ?? new Map<string, Buffer>()
  holder[KEYS].set(config, known)
  return known
}

/** What became of a key: `closed` means that no configured secret opens it. */
export type KeyState = 'made' | 'kept' | 'wrapped' | 'closed'

/**
 * Makes a key that is missing, and wraps one that lies in clear once there is a PHOENIX_SECRET. Safe to run at every
 * start, by several servers at once. Call `warmSecrets(config.auth)` before the transaction.
 */
export async function ensureInstanceKey(
  tx: Queries,
  world: KeyWorld,
  name: InstanceKeyName,
): Promise<KeyState> {
  const { instanceKeys } = world.db.t
  const made = await tx
    .insert(instanceKeys)
    .values({ name, ...(await stored(tx, world, randomBytes(KEY_BYTES))) })
    .onConflictDoNothing()
    .returning({ name: instanceKeys.name })
  if (made.length > 0) return 'made'
  const row = await lockRow(tx, world, name)
  const key = await open(world.config, row)
  if (!key) return 'closed'
  if (row.keyEncrypted || world.config.auth.secret === null) return 'kept'
  await store(tx, world, name, key)
  return 'wrapped'
}

/** Puts a new key in the place of one that is of no use any more. */
export async function replaceInstanceKey(tx: Queries, world: KeyWorld, name: InstanceKeyName): Promise<void> {
  await store(tx, world, name, randomBytes(KEY_BYTES))
}

/** The key of that name, or null when it is missing or no configured secret opens it. */
export async function readInstanceKey(
  queries: Queries,
  world: KeyWorld,
  name: InstanceKeyName,
): Promise<Buffer | null> {
  const { instanceKeys } = world.db.t
  const [row] = await queries.select().from(instanceKeys).where(eq(instanceKeys.name, name))
  return row ? open(world.config, row) : null
}

// Setting the text to itself locks the row on both engines.
async function lockRow(tx: Queries, { db }: KeyWorld, name: InstanceKeyName) {
  const { instanceKeys } = db.t
  const [row] = await tx
    .update(instanceKeys)
    .set({ keyText: instanceKeys.keyText })
    .where(eq(instanceKeys.name, name))
    .returning()
  if (!row) throw new Error(`The instance key ${name} was lost during start`)
  return row
}

async function store(tx: Queries, world: KeyWorld, name: InstanceKeyName, key: Buffer) {
  const { instanceKeys } = world.db.t
  await tx
    .update(instanceKeys)
    .set(await stored(tx, world, key))
    .where(eq(instanceKeys.name, name))
}

async function stored(
  tx: Queries,
  world: KeyWorld,
  key: Buffer,
): Promise<{ keyText: string; keyEncrypted: boolean }> {
  const secret = await secretInForce(tx, world)
  if (secret === null) return { keyText: key.toString('base64'), keyEncrypted: false }
  return { keyText: await wrapSecret({ secret, previousSecrets: [] }, key), keyEncrypted: true }
}

/**
 * The secret that signs and encrypts on every server of this database: the one that wraps the row `secret-in-force`.
 * During a rotation that is the earlier secret until `bennu secret rotate` has run, so that servers which know only that
 * one read what the others write. The current secret when the row is missing or nothing opens it; null without any.
 */
export async function secretInForce(queries: Queries, { db, config }: KeyWorld): Promise<string | null> {
  const { secret, previousSecrets } = config.auth
  if (secret === null || previousSecrets.length === 0) return secret
  const { instanceKeys } = db.t
  const [row] = await queries.select().from(instanceKeys).where(eq(instanceKeys.name, IN_FORCE))
  return (row?.keyEncrypted && (await openSecret(config.auth, row.keyText))?.secret) || secret
}

/** As `secretInForce`; no rotation changes it before this transaction has ended. */
export async function lockSecretInForce(tx: Queries, world: KeyWorld): Promise<string | null> {
  const { instanceKeys } = world.db.t
  await tx
    .update(instanceKeys)
    .set({ keyText: instanceKeys.keyText })
    .where(eq(instanceKeys.name, IN_FORCE))
    .returning({ name: instanceKeys.name })
  return secretInForce(tx, world)
}

async function open(config: Config, row: { keyText: string; keyEncrypted: boolean }): Promise<Buffer | null> {
  const keys = remembered(config)
  const known = keys.get(row.keyText)
  if (known) return known
  const key = row.keyEncrypted
    ? await unwrapSecret(config.auth, row.keyText)
    : Buffer.from(row.keyText, 'base64')
  if (key) keys.set(row.keyText, key)
  return key
}
