/** Secrets that people leave with this server: kept encrypted, listed by name, never shown again. */
import { asc, eq, inArray, sql } from 'drizzle-orm'
import type { AuditAction } from '#server/audit/model'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { lockSecretInForce } from '#server/secrets/instance-keys'
import {
  MAX_SECRETS,
  type SecretChanges,
  type SecretList,
  type SecretSummary,
  type SecretsChanged,
} from '#server/secrets/model'
import { canWrapSecrets, unwrapSecret, warmSecrets, wrapSecret } from '#server/secrets/secrets'

/** Rows in one statement. */
const BATCH = 200
/** Names that one entry of the audit log holds. */
const MAX_NAMED = 50

/** Every secret by name. One that cannot be read is told of in the log too. */
export async function listSecrets(ctx: RecordCtx): Promise<SecretList> {
  const { secrets, users } = ctx.db.t
  const rows = await ctx.db.read
    .select({
      key: secrets.key,
      value: secrets.value,
      createdAt: secrets.createdAt,
      updatedAt: secrets.updatedAt,
      updatedBy: { username: users.username },
    })
    .from(secrets)
    .leftJoin(users, eq(users.id, secrets.userId))
    .orderBy(asc(secrets.key))
    .limit(MAX_SECRETS)
  const listed: SecretSummary[] = []
  for (const { key, value, createdAt, updatedAt, updatedBy } of rows) {
    const state = (await unwrapSecret(ctx.config.auth, value)) ? 'set' : 'unreadable'
    listed.push({
      key,
      state,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      updatedBy,
    })
  }
  const unreadable = listed.filter(({ state }) => state === 'unreadable').map(({ key }) => key)
  if (unreadable.length > 0) ctx.log.warn({ names: unreadable.slice(0, MAX_NAMED) }, UNREADABLE)
  return { secrets: listed, canStore: canWrapSecrets(ctx.config.auth) }
}

const UNREADABLE =
  'stored secrets cannot be read: PHOENIX_SECRET has changed without BENNU_SECRET_PREVIOUS, or they were changed in the database'

/**
 * Sets and deletes secrets, all or nothing; of entries with one name the last counts. Deleting what is not there is fine.
 * @throws AppError conflict (409) without PHOENIX_SECRET, and for more secrets than a server keeps
 */
export async function changeSecrets(
  ctx: RecordCtx,
  { secrets: changes }: SecretChanges,
): Promise<SecretsChanged> {
  const last = new Map(changes.map(({ key, value }) => [key, value]))
  // In one order, so that two requests do not wait for each other's rows.
  const names = [...last.keys()].sort()
  const upserted = names.filter((key) => last.get(key) !== null)
  const deleted = names.filter((key) => last.get(key) === null)
  if (upserted.length > 0 && !canWrapSecrets(ctx.config.auth)) throw notStorable()
  await warmSecrets(ctx.config.auth)
  await ctx.db.write(async (tx) => {
    const secret = await lockSecretInForce(tx, ctx)
    const gone = await deleteAll(tx, ctx, deleted)
    if (secret !== null)
      await upsertAll(tx, ctx, secret, new Map(upserted.map((key) => [key, last.get(key) ?? ''])))
    await refuseTooMany(tx, ctx)
    await record(tx, ctx, 'secret.set', upserted)
    await record(tx, ctx, 'secret.delete', gone)
  })
  return { upserted_keys: upserted, deleted_keys: deleted }
}

const notStorable = () =>
  new AppError(
    'conflict',
    'Secrets cannot be stored on this server: PHOENIX_SECRET is not set. Set it to the output of `openssl rand -hex 32` and start the server again',
    { code: 'no_secret' },
  )

async function deleteAll(tx: Queries, { db }: RecordCtx, keys: readonly string[]): Promise<string[]> {
  const { secrets } = db.t
  const gone: { key: string }[] = []
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH)
    gone.push(
      ...(await tx.delete(secrets).where(inArray(secrets.key, batch)).returning({ key: secrets.key })),
    )
  }
  return gone.map(({ key }) => key)
}

async function upsertAll(
  tx: Queries,
  ctx: RecordCtx,
  secret: string,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const { secrets } = ctx.db.t
  const now = ctx.clock()
  const userId = 'userId' in ctx.actor ? ctx.actor.userId : null
  const rows: (typeof secrets.$inferInsert)[] = []
  for (const [key, value] of values) {
    const token = await wrapSecret({ secret, previousSecrets: [] }, value)
    rows.push({ key, value: token, userId, createdAt: now, updatedAt: now })
  }
  for (let from = 0; from < rows.length; from += BATCH) {
    await tx
      .insert(secrets)
      .values(rows.slice(from, from + BATCH))
      .onConflictDoUpdate({
        target: secrets.key,
        set: {
          value: sql`excluded.value`,
          userId: sql`excluded.user_id`,
          updatedAt: sql`excluded.updated_at`,
        },
      })
  }
}

async function refuseTooMany(tx: Queries, { db }: RecordCtx): Promise<void> {
  if ((await tx.$count(db.t.secrets)) <= MAX_SECRETS) return
  throw new AppError(
    'conflict',
    `A server keeps at most ${MAX_SECRETS} secrets. Delete those that nobody uses`,
  )
}

async function record(
  tx: Queries,
  ctx: RecordCtx,
  action: AuditAction,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return
  await recordEvent(tx, ctx, {
    action,
    outcome: 'success',
    ...(keys.length === 1 && { target: `Secret:${keys[0]}` }),
    details: { count: keys.length, keys: keys.slice(0, MAX_NAMED) },
  })
}
