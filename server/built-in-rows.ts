/** The rows that every database has: built-in accounts, project `default`, keys, and the admins of PHOENIX_ADMINS. */
import { eq } from 'drizzle-orm'
import type { Logger } from 'pino'
import { DEFAULT_ADMIN_EMAIL, SYSTEM_EMAIL } from '#server/accounts'
import { ensureAuditChain } from '#server/audit/chain'
import { recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { ensureInstanceKey, replaceInstanceKey } from '#server/secrets/instance-keys'
import { warmSecrets } from '#server/secrets/secrets'
import { provisionAdmins } from '#server/users/provision-admins'

export interface BuiltInWorld {
  db: Database
  config: Config
  clock: () => Date
  log: Logger
}

const SYSTEM_ID = 1
const ADMIN_ID = 2
const DEFAULT_PROJECT_ID = 1

/**
 * Makes what is missing, with authentication on or off; changes nothing that is there. For the start of every server:
 * several may call it on one database at the same moment.
 * @throws AppError conflict when no configured secret opens the key of the audit log; nothing is changed then
 */
export async function ensureBuiltInRows(world: BuiltInWorld): Promise<void> {
  const { db, config } = world
  await warmSecrets(config.auth)
  const passwordHash = (await hasAdmin(db, db.read))
    ? null
    : await hashPassword(config.auth.defaultAdminInitialPassword)
  await db.write(async (tx) => {
    await ensureSecretInForce(world, tx)
    // First, because what is made after it is on record.
    await startAuditChain(world, tx)
    const fresh = await ensureSystemUser(world, tx)
    if (passwordHash) await ensureAdmin(world, tx, passwordHash, fresh)
    await ensureDefaultProject(world, tx)
    await ensureBlockedKey(world, tx)
    await provisionAdmins(tx, asServer(world))
  })
}

/** The program itself, as the audit log names it. */
const asServer = (world: BuiltInWorld) => ({
  ...world,
  actor: { kind: 'server' as const },
  request: { address: null, userAgent: null },
})

/** Whoever took the earlier secret away before anything was encrypted anew begins again with the present one. */
async function ensureSecretInForce(world: BuiltInWorld, tx: Queries): Promise<void> {
  if ((await ensureInstanceKey(tx, world, 'secret-in-force')) === 'closed')
    await replaceInstanceKey(tx, world, 'secret-in-force')
}

/** A key that no secret opens is replaced where nothing depends on it; otherwise the list of the blocked stays closed. */
async function ensureBlockedKey(world: BuiltInWorld, tx: Queries): Promise<void> {
  if ((await ensureInstanceKey(tx, world, 'blocked-identities')) !== 'closed') return
  const { blockedIdentities } = world.db.t
  const [blocked] = await tx.select({ id: blockedIdentities.id }).from(blockedIdentities).limit(1)
  if (!blocked) return replaceInstanceKey(tx, world, 'blocked-identities')
  world.log.error(
    'no configured secret opens the key of the blocked addresses: no account can be made until the earlier PHOENIX_SECRET ' +
      'stands in BENNU_SECRET_PREVIOUS, or every block is lifted',
  )
}

/** What became of the chain is itself on record: putting a key of one's own in its place must not be silent. */
async function startAuditChain(world: BuiltInWorld, tx: Queries): Promise<void> {
  const { became, count } = await ensureAuditChain(tx, world.config, world.db)
  if (became === 'made' || count === 0) await recordStartOver(world, tx, count)
  if (became === 'secured') {
    if (count > 0)
      world.log.warn(
        { entries: count },
        'the key of the audit log lay in clear: the entries so far prove nothing against somebody who could write to the database',
      )
    const details = { unproven: count }
    await recordEvent(tx, asServer(world), { action: 'auditChain.wrapKey', outcome: 'success', details })
  }
}

/** The first start makes the log before any account: one that is not there later was removed. */
async function recordStartOver(world: BuiltInWorld, tx: Queries, entries: number): Promise<void> {
  const accounts = await tx.$count(world.db.t.users)
  if (accounts === 0 && entries === 0) return
  world.log.warn(
    { accounts, entries },
    'there are accounts or entries already, and yet the audit log is empty or without its head: somebody removed it',
  )
  const details = { accounts, entries }
  await recordEvent(tx, asServer(world), { action: 'auditChain.startOver', outcome: 'success', details })
}

async function hasAdmin(db: Database, queries: Queries): Promise<boolean> {
  const { users } = db.t
  const admins = await queries.select({ id: users.id }).from(users).where(eq(users.role, 'ADMIN')).limit(1)
  return admins.length > 0
}

/** @returns true when there were no accounts before, so that the ids 1 and 2 have never been used */
async function ensureSystemUser(world: BuiltInWorld, tx: Queries): Promise<boolean> {
  const { db, clock } = world
  const { users } = db.t
  const [anybody] = await tx.select({ id: users.id }).from(users).limit(1)
  if (anybody) return false
  const made = await tx
    .insert(users)
    .values({
      id: SYSTEM_ID,
      username: 'system',
      email: SYSTEM_EMAIL,
      role: 'SYSTEM',
      authMethod: 'LOCAL',
      createdAt: clock(),
      updatedAt: clock(),
    })
    .onConflictDoNothing()
    .returning({ id: users.id, username: users.username })
  await recordMade(world, tx, made, 'SYSTEM')
  return made.length > 0
}

async function recordMade(
  world: BuiltInWorld,
  tx: Queries,
  made: readonly { id: number; username: string }[],
  role: 'SYSTEM' | 'ADMIN',
): Promise<void> {
  for (const { id, username } of made) {
    await recordEvent(tx, asServer(world), {
      action: 'user.create',
      outcome: 'success',
      target: `User:${id}`,
      targetName: username,
      details: { role, method: 'LOCAL', source: 'built-in' },
    })
  }
}

async function ensureAdmin(
  world: BuiltInWorld,
  tx: Queries,
  passwordHash: Buffer,
  fresh: boolean,
): Promise<void> {
  const { db, clock, log } = world
  const { users } = db.t
  if (await hasAdmin(db, tx)) return
  const made = await tx
    .insert(users)
    .values({
      // Later, when the last admin was removed by hand, a used id must not come back: tokens name row ids.
      ...(fresh ? { id: ADMIN_ID } : {}),
      username: 'admin',
      email: DEFAULT_ADMIN_EMAIL,
      role: 'ADMIN',
      authMethod: 'LOCAL',
      passwordHash,
      resetPassword: true,
      createdAt: clock(),
      updatedAt: clock(),
    })
    .onConflictDoNothing()
    .returning({ id: users.id, username: users.username })
  await recordMade(world, tx, made, 'ADMIN')
  if (fresh) await db.dialect.skipUsedIds(tx, users)
  if (made.length === 0) {
    log.warn('there is no admin, and none can be made: another account is named admin or admin@localhost')
  } else if (world.config.auth.enabled) {
    log.info(
      'made the account admin@localhost: sign in with the initial password (PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD, `admin` when unset) and choose another',
    )
  }
}

async function ensureDefaultProject({ db, clock }: BuiltInWorld, tx: Queries): Promise<void> {
  const { projects } = db.t
  const [any] = await tx.select({ id: projects.id }).from(projects).limit(1)
  const made = await tx
    .insert(projects)
    .values({
      ...(any ? {} : { id: DEFAULT_PROJECT_ID }),
      name: 'default',
      description: 'Default project',
      createdAt: clock(),
      updatedAt: clock(),
    })
    .onConflictDoNothing()
    .returning({ id: projects.id })
  if (!any && made.length > 0) await db.dialect.skipUsedIds(tx, projects)
}
