/** Addresses of ours that a provider must know. */
import type { Config } from '#server/config/model'
import { publicUrl } from '#server/mail/links'
import type { ProviderSettings } from '#server/oidc/model'
import { withRoot } from '#server/root-path'

type Addressed = Pick<Config, 'server' | 'tls'>

/**
 * Scheme and host that a browser used for this request: PHOENIX_ROOT_URL goes before it. The listener has removed
 * forwarded headers that no trusted proxy sent.
 */
export function originOf(headers: Pick<Headers, 'get'>): string {
  const first = (name: string) => headers.get(name)?.split(',')[0]?.trim() || null
  const scheme = first('x-forwarded-proto') === 'https' ? 'https' : 'http'
  return `${scheme}://${first('x-forwarded-host') ?? first('host') ?? 'localhost'}`
}

function addressOf(config: Addressed, origin: string, path: string): string {
  return config.server.rootUrl === null ? `${origin}${withRoot(config, path)}` : publicUrl(config, path)
}

/** Where the provider sends people back with their code: what is registered there. */
export function redirectUriOf(
  config: Addressed,
  origin: string,
  { name, redirectPath }: Pick<ProviderSettings, 'name' | 'redirectPath'>,
): string {
  return addressOf(config, origin, redirectPath ?? `/oauth2/${name}/tokens`)
}

/** Where the provider tells of a logout that happened there. */
export function backchannelUriOf(
  config: Addressed,
  origin: string,
  { name }: Pick<ProviderSettings, 'name'>,
): string {
  return addressOf(config, origin, `/oauth2/${name}/backchannel-logout`)
}

/** Where the provider sends people after a logout that began here. */
export function afterLogoutUriOf(config: Addressed, origin: string, path: string): string {
  return addressOf(config, origin, path)
}
