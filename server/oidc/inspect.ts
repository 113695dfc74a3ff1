/** Trying a provider's settings without signing anybody in: for the button of the settings page. */
import { type Discovery, fetchDiscovery, usesPkce } from '#server/oidc/discovery'
import { fetchObject, ProviderUnreachable } from '#server/oidc/fetch'
import type { ProviderReport, ProviderSettings } from '#server/oidc/model'
import { providerFaults } from '#server/oidc/rules'

export type { ProviderReport } from '#server/oidc/model'

export const NO_KEYS = 'The provider publishes no keys: no token of it could be believed.'

/** Fetches discovery document and keys, past what is kept, and says what was found. */
export async function inspectProvider(settings: ProviderSettings): Promise<ProviderReport> {
  const [fault] = providerFaults(settings)
  if (fault) return { ok: false, problem: `${fault.field}: ${fault.sentence}` }
  try {
    const discovery = await fetchDiscovery(settings.discoveryUrl)
    return reportOf(settings, discovery, await countKeys(discovery))
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    return { ok: false, problem: `The provider cannot be used: ${error.message}.` }
  }
}

async function countKeys({ document }: Discovery): Promise<number> {
  try {
    const { keys } = await fetchObject(document.jwks_uri)
    return Array.isArray(keys) ? keys.length : 0
  } catch (error) {
    if (error instanceof ProviderUnreachable)
      throw new ProviderUnreachable(`its keys cannot be fetched: ${error.message}`, { cause: error })
    throw error
  }
}

function reportOf(settings: ProviderSettings, discovery: Discovery, keys: number): ProviderReport {
  const { document, issuer, algorithms } = discovery
  const tokenAuthMethods = document.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return {
    ok: true,
    issuer,
    authorizationEndpoint: document.authorization_endpoint,
    tokenEndpoint: document.token_endpoint,
    userinfoEndpoint: document.userinfo_endpoint ?? null,
    jwksUri: document.jwks_uri,
    endSessionEndpoint: document.end_session_endpoint ?? null,
    algorithms: [...algorithms],
    tokenAuthMethods,
    keys,
    pkce: usesPkce(settings, discovery),
    backchannelLogout: document.backchannel_logout_supported === true,
    warnings: warningsOf(settings, discovery, { keys, tokenAuthMethods }),
  }
}

function warningsOf(
  settings: ProviderSettings,
  { document, algorithms }: Discovery,
  { keys, tokenAuthMethods }: { keys: number; tokenAuthMethods: readonly string[] },
): string[] {
  const { tokenAuth } = settings
  const scopes = document.scopes_supported
  const unknown = Array.isArray(scopes) ? settings.scopes.filter((scope) => !scopes.includes(scope)) : []
  const checks: [boolean, string][] = [
    [keys === 0, NO_KEYS],
    [
      tokenAuth !== 'client_assertion_jwt' && !tokenAuthMethods.includes(tokenAuth),
      `The provider does not announce ${tokenAuth} at its token endpoint.`,
    ],
    [unknown.length > 0, `The provider does not announce these scopes: ${unknown.join(', ')}.`],
    [
      algorithms.every((name) => name.startsWith('HS')),
      'Tokens are signed with a shared secret, not with a key.',
    ],
    [!document.userinfo_endpoint, 'There is no userinfo endpoint: every claim must stand in the id token.'],
    [
      settings.groupsPath !== null && settings.allowedGroups.length === 0,
      'There is a path to groups and no list of allowed groups: nobody is kept out.',
    ],
  ]
  return checks.flatMap(([applies, sentence]) => (applies ? [sentence] : []))
}
