/** The providers that people may sign in with now: those of the environment, and those that admins added. */
import type { Ctx } from '#server/context'
import { buttonLabel, type Provider, type ProviderButton } from '#server/oidc/model'
import {
  listStoredProviders,
  openClientSecret,
  readStoredRows,
  settingsOfRow,
} from '#server/sso-providers/stored'

type World = Pick<Ctx, 'db' | 'config' | 'log'>

/** All of them, in the order of the buttons. Read at each request: another replica may just have added one. */
export async function findProviders(ctx: World): Promise<Provider[]> {
  if (!ctx.config.auth.enabled) return []
  const fixed = ctx.config.oauth2.providers.map((one): Provider => ({ ...one, source: 'environment' }))
  const stored = (await listStoredProviders(ctx)).map((one): Provider => ({ ...one, source: 'stored' }))
  return [...fixed, ...stored.filter(({ name }) => !fixed.some((one) => one.name === name))]
}

/** One of them, or null. */
export async function findProvider(ctx: World, name: string): Promise<Provider | null> {
  return (await findProviders(ctx)).find((one) => one.name === name) ?? null
}

/**
 * What the login page shows of them. Anybody may ask, so that no secret is opened for it. While the database is away
 * those of the environment stay: a page with some of the buttons is better than none.
 */
export async function listProviders(ctx: World): Promise<ProviderButton[]> {
  if (!ctx.config.auth.enabled) return []
  const fixed = ctx.config.oauth2.providers
  const rows = await readStoredRows(ctx).catch((error: unknown) => {
    if (!ctx.db.dialect.isTransient(error)) throw error
    ctx.log.warn({ err: error }, 'providers added in Settings are not shown: the database is away')
    return []
  })
  const stored = rows
    .filter(({ name, enabled }) => enabled && !fixed.some((one) => one.name === name))
    .map(({ name, displayName, settings }) => ({ name, displayName, autoLogin: settings.autoLogin }))
  return [...fixed, ...stored].map(({ name, displayName, autoLogin }) => ({
    name,
    displayName,
    label: buttonLabel(displayName),
    autoLogin,
  }))
}

/**
 * One that sessions may have begun at: also one that an admin has switched off, which may still end them, or null. Nobody
 * signs in with it.
 */
export async function findProviderOfSessions(ctx: World, name: string): Promise<Provider | null> {
  const open = await findProvider(ctx, name)
  if (open || !ctx.config.auth.enabled) return open
  const row = (await readStoredRows(ctx)).find((one) => one.name === name)
  const secret = row && (await openClientSecret(ctx, row))
  return row && secret !== undefined ? { ...settingsOfRow(row, secret), source: 'stored' } : null
}
