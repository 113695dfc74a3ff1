/** The providers that people may sign in with now: those of the environment, and those that admins added. */
import type { Ctx } from '#server/context'
import { buttonLabel, type Provider, type ProviderButton } from '#server/oidc/model'
import { listStoredProviders } from '#server/sso-providers/stored'

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

/** What the login page shows of them. */
export async function listProviders(ctx: World): Promise<(ProviderButton & Pick<Provider, 'source'>)[]> {
  return (await findProviders(ctx)).map(({ name, displayName, autoLogin, source }) => ({
    name,
    displayName,
    label: buttonLabel(displayName),
    autoLogin,
    source,
  }))
}
