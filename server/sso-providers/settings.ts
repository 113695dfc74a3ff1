/** What the page of sign-in settings shows: every provider, and on demand what one offers and what it sent lately. */
import { count, eq, inArray } from 'drizzle-orm'
import { recordEvent } from '#server/audit/record'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { backchannelUriOf, redirectUriOf } from '#server/oidc/addresses'
import { inspectProvider, type ProviderReport } from '#server/oidc/inspect'
import type { ProviderSettings } from '#server/oidc/model'
import { providerFaults } from '#server/oidc/rules'
import { canWrapSecrets } from '#server/secrets/secrets'
import type { NewProvider, ProviderTest } from '#server/sso-providers/body'
import { asSettings } from '#server/sso-providers/checks'
import type { ProviderView, SignInSettings } from '#server/sso-providers/model'
import { listRecentSignIns } from '#server/sso-providers/recent'
import type { RecentSignIns } from '#server/sso-providers/recent-model'
import { openClientSecret, readStoredRows, type StoredRow, settingsOfRow } from '#server/sso-providers/stored'

/**
 * Every provider, those of the environment first, without secrets.
 * @param origin scheme and host that people reach this server at
 */
export async function getSignInSettings(ctx: Ctx, origin: string): Promise<SignInSettings> {
  const { config } = ctx
  const rows = await readStoredRows(ctx)
  const ofEnvironment = config.oauth2.providers
  const accounts = await countAccounts(
    ctx,
    [...ofEnvironment, ...rows.map(({ settings }) => settings)].map((one) => one.clientId),
  )
  const sessions = await countSessions(ctx)
  const changedBy = await namesOf(ctx, rows)
  const views: ProviderView[] = ofEnvironment.map((provider) => ({
    ...viewOf(ctx, origin, provider, accounts, sessions),
    source: 'environment',
    enabled: true,
    secret: provider.clientSecret === null ? 'none' : 'set',
    isHidden: false,
    updatedAt: null,
    updatedBy: null,
  }))
  for (const row of rows)
    views.push({
      ...viewOf(ctx, origin, settingsOfRow(row, null), accounts, sessions),
      source: 'stored',
      enabled: row.enabled,
      secret: await secretState(ctx, row),
      isHidden: ofEnvironment.some(({ name }) => name === row.name),
      updatedAt: row.updatedAt.toISOString(),
      updatedBy: changedBy.get(row.userId ?? 0) ?? null,
    })
  return {
    providers: views,
    canStore: canWrapSecrets(config.auth),
    basicAuth: config.auth.basicAuth,
    originIsSet: config.server.rootUrl !== null,
    newRedirectUri: redirectUriOf(config, origin, { name: '{name}', redirectPath: null }),
  }
}

type Shown = Omit<ProviderView, 'source' | 'enabled' | 'secret' | 'isHidden' | 'updatedAt' | 'updatedBy'>

/** Field by field: what is added to the settings one day is not shown before somebody has thought about it. */
function viewOf(
  { config }: Ctx,
  origin: string,
  provider: ProviderSettings,
  accounts: readonly AccountCount[],
  sessions: ReadonlyMap<string, number>,
): Shown {
  const { name, displayName, clientId, discoveryUrl, tokenAuth, pkce, scopes, redirectPath } = provider
  const { allowSignUp, autoLogin, emailPath, groupsPath, allowedGroups, logoutAtProvider } = provider
  const { rolePath, roleMapping, roleStrict, roleResync, defaultRole } = provider
  return {
    ...{ name, displayName, clientId, discoveryUrl, tokenAuth, pkce, scopes, redirectPath },
    ...{ allowSignUp, autoLogin, emailPath, groupsPath, allowedGroups, logoutAtProvider },
    ...{ rolePath, roleMapping, roleStrict, roleResync, defaultRole },
    redirectUri: redirectUriOf(config, origin, provider),
    backchannelLogoutUri: backchannelUriOf(config, origin, provider),
    accounts: accountsOf(accounts, provider),
    sessions: sessions.get(name) ?? 0,
  }
}

async function secretState(ctx: Ctx, row: StoredRow): Promise<ProviderView['secret']> {
  if (row.clientSecret === null) return 'none'
  return (await openClientSecret(ctx, row)) === undefined ? 'unreadable' : 'set'
}

/** Accounts by client id and by the provider they were linked through; that is null for those who never signed in. */
async function countAccounts({ db }: Ctx, clientIds: string[]): Promise<AccountCount[]> {
  if (clientIds.length === 0) return []
  const { users, linkedAccounts } = db.t
  return db.read
    .select({ clientId: users.oauth2ClientId, linkedTo: linkedAccounts.providerName, n: count() })
    .from(users)
    .leftJoin(linkedAccounts, eq(linkedAccounts.userId, users.id))
    .where(inArray(users.oauth2ClientId, clientIds))
    .groupBy(users.oauth2ClientId, linkedAccounts.providerName)
}

async function countSessions({ db }: Ctx): Promise<Map<string, number>> {
  const { oidcSessions: t } = db.t
  const rows = await db.read.select({ name: t.providerName, n: count() }).from(t).groupBy(t.providerName)
  return new Map(rows.map(({ name, n }) => [name, n]))
}

interface AccountCount {
  clientId: string | null
  linkedTo: string | null
  n: number
}

/** Two providers may have given out the same client id: an account belongs to the one it was linked through. */
const accountsOf = (counts: readonly AccountCount[], { name, clientId }: ProviderSettings) =>
  counts
    .filter((one) => one.clientId === clientId && (one.linkedTo ?? name) === name)
    .reduce((sum, { n }) => sum + n, 0)

async function namesOf({ db }: Ctx, rows: StoredRow[]): Promise<Map<number, { username: string }>> {
  const ids = rows.flatMap(({ userId }) => userId ?? [])
  if (ids.length === 0) return new Map()
  const { users } = db.t
  const found = await db.read
    .select({ id: users.id, username: users.username })
    .from(users)
    .where(inArray(users.id, ids))
  return new Map(found.map(({ id, username }) => [id, { username }]))
}

/**
 * Asks a provider what it offers: one that there is, or what a form holds before it is stored. What is wrong with the
 * provider is an answer, not an error. On record with the address: it makes this server ask somebody.
 * @throws AppError not_found (no such provider), invalid (the address is none to ask)
 */
export async function testProvider(ctx: Ctx, asked: ProviderTest): Promise<ProviderReport> {
  const settings = 'name' in asked ? await getProvider(ctx, asked.name) : draftOf(asked.provider)
  const report = await inspectProvider(settings)
  await ctx.db.write((tx) =>
    recordEvent(tx, ctx, {
      action: 'signInProvider.test',
      outcome: 'success',
      details: { address: settings.discoveryUrl, answers: report.ok },
    }),
  )
  return report
}

/** What a form holds, as far as asking needs it. */
function draftOf({ name, ...input }: NewProvider): ProviderSettings {
  // What is asked for needs no secret, and the stored one is not in the form.
  const settings = asSettings(name, input, input.clientSecret || 'not needed')
  const faults = providerFaults(settings).filter(({ field }) => field === 'discoveryUrl')
  if (faults.length > 0) {
    const listed = faults.map(({ field, sentence }) => ({
      type: 'value_error',
      loc: ['body', field],
      msg: sentence,
    }))
    throw new AppError('invalid', 'Invalid body', { faults: listed })
  }
  return settings
}

/** @throws AppError not_found */
async function getProvider(ctx: Ctx, name: string): Promise<ProviderSettings> {
  const ofEnvironment = ctx.config.oauth2.providers.find((one) => one.name === name)
  if (ofEnvironment) return ofEnvironment
  const row = (await readStoredRows(ctx)).find((one) => one.name === name)
  if (!row) throw new AppError('not_found', 'There is no such provider')
  return settingsOfRow(row, (await openClientSecret(ctx, row)) ?? null)
}

/**
 * What the last sign-ins through a provider brought, and which rule decided.
 * @throws AppError not_found
 */
export async function explainSignIns(ctx: Ctx, name: string): Promise<RecentSignIns> {
  const { displayName } = await getProvider(ctx, name)
  return { provider: { name, displayName }, signIns: await listRecentSignIns(ctx, name) }
}
