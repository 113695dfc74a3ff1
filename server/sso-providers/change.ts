/** What admins do to providers: add, change, switch on and off, order, delete. All of it is on record. */
import { and, asc, eq, max } from 'drizzle-orm'
import type { AuditDetails } from '#server/audit/entry'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { lockSecretInForce } from '#server/secrets/instance-keys'
import type { NewProvider, ProviderSwitch } from '#server/sso-providers/body'
import {
  fault,
  isOfEnvironment,
  refuseEnvironmentName,
  refuseFaults,
  refuseSecondAutoLogin,
  refuseSecretElsewhere,
  settingsOf,
} from '#server/sso-providers/checks'
import { endSessionsThrough } from '#server/sso-providers/end-sessions'
import { refuseLastWayIn } from '#server/sso-providers/last-way-in'
import { MAX_PROVIDERS, type ProviderInput } from '#server/sso-providers/model'
import { beReadyToWrap, secretColumn, wrapped } from '#server/sso-providers/secret'
import { openClientSecret, readStoredRows, type StoredRow } from '#server/sso-providers/stored'

/**
 * Adds a provider behind the others.
 * @throws AppError invalid (422, at its field), conflict (the name is taken; no PHOENIX_SECRET; too many)
 */
export async function createProvider(ctx: RecordCtx, { name, ...input }: NewProvider): Promise<void> {
  refuseEnvironmentName(ctx, name)
  refuseFaults(name, input, input.clientSecret || null)
  await beReadyToWrap(ctx, input.clientSecret)
  await insertProvider(ctx, name, input).catch((error: unknown) => {
    // Two admins had the same idea at the same moment.
    throw ctx.db.dialect.isUniqueViolation(error) ? taken(name) : error
  })
}

async function insertProvider(ctx: RecordCtx, name: string, input: ProviderInput): Promise<void> {
  const { ssoProviders: t } = ctx.db.t
  await ctx.db.write(async (tx) => {
    await lockProviders(tx, ctx)
    const clientSecret = await wrapped(tx, ctx, input.clientSecret)
    const [last] = await tx.select({ position: max(t.position) }).from(t)
    const count = await tx.$count(t)
    if (count >= MAX_PROVIDERS) throw tooMany()
    if ((await tx.$count(t, eq(t.name, name))) > 0) throw taken(name)
    const now = ctx.clock()
    await tx.insert(t).values({
      name,
      ...columnsOf(input),
      clientSecret,
      position: (last?.position ?? 0) + 1,
      userId: askerOf(ctx),
      createdAt: now,
      updatedAt: now,
    })
    await refuseSecondAutoLogin(tx, ctx, name)
    await record(tx, ctx, 'signInProvider.create', name, { enabled: input.enabled })
  })
}

/**
 * Puts new settings in the place of the old ones. Without a secret in the input the stored one stays.
 * @throws AppError not_found, invalid, conflict (changed meanwhile; the last way in)
 */
export async function updateProvider(ctx: RecordCtx, name: string, input: ProviderInput): Promise<void> {
  const row = await findRow(ctx, name)
  const isStale = typeof input.updatedAt === 'string' && input.updatedAt !== row.updatedAt.toISOString()
  if (isStale) throw changedMeanwhile()
  refuseSecretElsewhere(row, input)
  const kept = input.tokenAuth === 'none' ? null : await openClientSecret(ctx, row)
  refuseFaults(name, input, input.clientSecret || (kept ?? null))
  await beReadyToWrap(ctx, input.clientSecret)
  const { ssoProviders: t } = ctx.db.t
  await ctx.db.write(async (tx) => {
    await lockProviders(tx, ctx)
    const secret = await secretColumn(tx, ctx, input)
    const isSame =
      input.clientId === row.settings.clientId && input.discoveryUrl === row.settings.discoveryUrl
    if (row.enabled && (!input.enabled || !isSame)) await refuseLastWayIn(tx, ctx, doorOf(row))
    const found = await tx
      .update(t)
      .set({ ...columnsOf(input), ...secret, userId: askerOf(ctx), updatedAt: ctx.clock() })
      .where(and(eq(t.name, name), eq(t.updatedAt, row.updatedAt)))
      .returning({ id: t.id })
    if (found.length === 0) throw changedMeanwhile()
    await refuseSecondAutoLogin(tx, ctx, name)
    await record(tx, ctx, 'signInProvider.update', name, changesOf(row, input))
  })
}

/**
 * Switches a provider on or off. Off, its button is gone and nobody signs in through it; sessions go on unless told otherwise.
 * @throws AppError not_found, invalid (switched on with settings that are not good any more), conflict (the last way in)
 */
export async function switchProvider(
  ctx: RecordCtx,
  name: string,
  { enabled, endSessions }: ProviderSwitch,
): Promise<void> {
  const row = await findRow(ctx, name)
  if (enabled) {
    const { displayName, settings } = row
    const secret = (await openClientSecret(ctx, row)) ?? null
    refuseFaults(name, { ...settings, displayName, enabled }, secret)
  }
  const { ssoProviders: t } = ctx.db.t
  await ctx.db.write(async (tx) => {
    await lockProviders(tx, ctx)
    if (row.enabled && !enabled) await refuseLastWayIn(tx, ctx, doorOf(row))
    const found = await tx
      .update(t)
      .set({ enabled, userId: askerOf(ctx), updatedAt: ctx.clock() })
      .where(eq(t.name, name))
      .returning({ id: t.id })
    if (found.length === 0) throw missing()
    await refuseSecondAutoLogin(tx, ctx, name)
    if (!enabled && endSessions) await endSessionsThrough(tx, ctx, name)
    await record(tx, ctx, 'signInProvider.update', name, { changed: ['enabled'], enabled })
  })
}

/**
 * Orders the buttons. Providers that are not named keep their order behind the named ones.
 * @throws AppError not_found for a name that no stored provider has
 */
export async function orderProviders(ctx: RecordCtx, names: readonly string[]): Promise<void> {
  const { ssoProviders: t } = ctx.db.t
  await ctx.db.write(async (tx) => {
    await lockProviders(tx, ctx)
    const rows = await tx.select({ id: t.id, name: t.name }).from(t).orderBy(asc(t.position), asc(t.id))
    const present = rows.map((row) => row.name)
    if (!names.every((name) => present.includes(name))) throw missing()
    const order = [...new Set([...names, ...present])]
    for (const [index, name] of order.entries())
      await tx
        .update(t)
        .set({ position: index + 1 })
        .where(eq(t.name, name))
    await recordEvent(tx, ctx, {
      action: 'signInProvider.order',
      outcome: 'success',
      details: { order },
    })
  })
}

/**
 * Deletes a provider with its secret and what is kept of its sign-ins. Accounts stay, and sessions unless told otherwise.
 * @throws AppError not_found, conflict (the last way in)
 */
export async function deleteProvider(
  ctx: RecordCtx,
  name: string,
  { endSessions = false }: { endSessions?: boolean } = {},
): Promise<void> {
  const row = (await readStoredRows(ctx)).find((one) => one.name === name)
  const { ssoProviders: t, ssoRecentSignIns } = ctx.db.t
  await ctx.db.write(async (tx) => {
    await lockProviders(tx, ctx)
    if (row?.enabled) await refuseLastWayIn(tx, ctx, doorOf(row))
    const found = await tx.delete(t).where(eq(t.name, name)).returning({ id: t.id })
    if (found.length === 0) throw missing()
    if (!isOfEnvironment(ctx, name))
      await tx.delete(ssoRecentSignIns).where(eq(ssoRecentSignIns.provider, name))
    if (endSessions) await endSessionsThrough(tx, ctx, name)
    await record(tx, ctx, 'signInProvider.delete', name, {})
  })
}

async function findRow(ctx: RecordCtx, name: string): Promise<StoredRow> {
  const row = (await readStoredRows(ctx)).find((one) => one.name === name)
  if (!row) throw missing()
  return row
}

const columnsOf = (input: ProviderInput) => ({
  displayName: input.displayName,
  settings: JSON.stringify(settingsOf(input)),
  enabled: input.enabled,
})

/**
 * Until the transaction ends nobody else changes providers, not on another server either: what holds for all of them
 * together (how many there are, to which one the login page goes) could otherwise be checked by two at once, of whom each
 * sees the list as it was. The row is there even while the list is empty, and a rotation of the secret takes it first too.
 */
async function lockProviders(tx: Queries, ctx: RecordCtx): Promise<void> {
  await lockSecretInForce(tx, ctx)
}

/** Who becomes what: the entry of a change holds these before and after. None of them is a secret. */
const TELLING = ['discoveryUrl', 'clientId', 'allowedGroups', 'roleMapping'] as const

function changesOf({ displayName, enabled, settings }: StoredRow, input: ProviderInput): AuditDetails {
  const before: Record<string, unknown> = { displayName, enabled, ...settings }
  const after: Record<string, unknown> = {
    ...settingsOf(input),
    displayName: input.displayName,
    enabled: input.enabled,
  }
  const changed = Object.keys(after).filter(
    (key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]),
  )
  const details: AuditDetails = { changed: input.clientSecret ? [...changed, 'clientSecret'] : changed }
  for (const key of TELLING.filter((one) => changed.includes(one))) {
    details[`${key}Before`] = asText(before[key])
    details[`${key}After`] = asText(after[key])
  }
  return details
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const doorOf = ({ name, settings: { clientId, discoveryUrl } }: StoredRow) => ({
  name,
  clientId,
  discoveryUrl,
})

const askerOf = ({ actor }: RecordCtx) => ('userId' in actor ? actor.userId : null)

function record(
  tx: Queries,
  ctx: RecordCtx,
  action: 'signInProvider.create' | 'signInProvider.update' | 'signInProvider.delete',
  name: string,
  details: AuditDetails,
): Promise<void> {
  return recordEvent(tx, ctx, { action, outcome: 'success', target: `SignInProvider:${name}`, details })
}

const missing = () => new AppError('not_found', 'There is no such provider among those added here')
const changedMeanwhile = () =>
  new AppError(
    'conflict',
    'Somebody has changed this provider meanwhile: close the form and look at it again',
  )
const taken = (name: string) => fault('name', `A provider called ${name} is there already: take another name`)
const tooMany = () => new AppError('conflict', `A server keeps at most ${MAX_PROVIDERS} providers`)
