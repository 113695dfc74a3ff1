/** What a provider says about itself (OpenID Connect Discovery 1.0): asked when somebody signs in, and kept. */
import { z } from 'zod'
import { fetchObject, ProviderUnreachable } from '#server/oidc/fetch'
import type { ProviderSettings } from '#server/oidc/model'
import { isSafeAddress } from '#server/oidc/rules'

/** How long a document is good; after that it is asked for again, and kept on while the provider is away. */
const FRESH_MS = 60 * 60_000
/** A provider that is away is not asked again for so long. */
const PAUSE_MS = 30_000
const WELL_KNOWN = '/.well-known/openid-configuration'

const Address = z.string().refine(isSafeAddress, 'is not an https address')
const Words = z.array(z.string())

const Document = z.looseObject({
  issuer: Address,
  authorization_endpoint: Address,
  token_endpoint: Address,
  jwks_uri: Address,
  userinfo_endpoint: Address.nullish(),
  end_session_endpoint: Address.nullish(),
  id_token_signing_alg_values_supported: Words.nullish(),
  token_endpoint_auth_methods_supported: Words.nullish(),
  code_challenge_methods_supported: Words.nullish(),
  backchannel_logout_supported: z.boolean().nullish(),
})
type Document = z.infer<typeof Document>

/** A discovery document that was checked. */
export interface Discovery {
  issuer: string
  /** As it came. */
  document: Document
  /** Signatures that are accepted; never `none`. */
  algorithms: readonly string[]
}

interface Kept {
  discovery: Discovery | null
  fetchedAt: number
  /** When asking failed although something is kept. */
  failedAt: number
  pending: Promise<Discovery> | null
}

// On globalThis because Next gives each route its own copy of this module.
const KEPT = Symbol.for('bennu.oidc.discoveries')
const holder = globalThis as unknown as Record<symbol, Map<string, Kept> | undefined>

/**
 * A provider's document, from memory when it is fresh.
 * @throws ProviderUnreachable when there is none, or it is not the document of its issuer
 */
export async function discover(
  { discoveryUrl }: Pick<ProviderSettings, 'discoveryUrl'>,
  now: Date,
): Promise<Discovery> {
  holder[KEPT] ??= new Map()
  const kept = holder[KEPT].get(discoveryUrl) ?? {
    discovery: null,
    fetchedAt: 0,
    failedAt: Number.NEGATIVE_INFINITY,
    pending: null,
  }
  holder[KEPT].set(discoveryUrl, kept)
  const isFresh = Math.abs(now.getTime() - kept.fetchedAt) < FRESH_MS
  const isAway = Math.abs(now.getTime() - kept.failedAt) < PAUSE_MS
  if (kept.discovery && (isFresh || isAway)) return kept.discovery
  kept.pending ??= fetchDiscovery(discoveryUrl).finally(() => {
    kept.pending = null
  })
  try {
    kept.discovery = await kept.pending
    kept.fetchedAt = now.getTime()
    return kept.discovery
  } catch (error) {
    if (!kept.discovery) throw error
    kept.failedAt = now.getTime()
    return kept.discovery
  }
}

/**
 * Asks for a document and checks it, past what is kept.
 * @throws ProviderUnreachable with a sentence that says what is wrong
 */
export async function fetchDiscovery(discoveryUrl: string): Promise<Discovery> {
  const parsed = Document.safeParse(await fetchDocument(discoveryUrl))
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ')
    throw new ProviderUnreachable(
      `its discovery document lacks what is needed, or names clear text: ${fields}`,
    )
  }
  const document = parsed.data
  if (!isLoopback(discoveryUrl) && ENDPOINTS.some((name) => isLoopback(document[name] ?? ''))) {
    throw new ProviderUnreachable('its discovery document leads to this very machine')
  }
  if (/[{}]/.test(document.issuer))
    throw new ProviderUnreachable(
      `its discovery document names a pattern in the place of an issuer, ${short(document.issuer)}: use the address of your own tenant`,
    )
  if (!isOfIssuer(discoveryUrl, document.issuer)) {
    throw new ProviderUnreachable(
      `its discovery document names another issuer, ${short(document.issuer)}: use the address below that issuer`,
    )
  }
  const named = document.id_token_signing_alg_values_supported
  const algorithms = (named?.length ? named : ['RS256']).filter((name) => !/^none$/i.test(name))
  return { issuer: document.issuer, document, algorithms }
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const

/** A provider elsewhere must not have us ask what only this machine can reach. */
function isLoopback(address: string): boolean {
  return (
    URL.canParse(address) &&
    /^(localhost|.*\.localhost|127\..*|\[::1\]|\[::ffff:7f.*\])$/.test(new URL(address).hostname)
  )
}

async function fetchDocument(discoveryUrl: string): Promise<Record<string, unknown>> {
  try {
    return await fetchObject(discoveryUrl)
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    throw new ProviderUnreachable(`its discovery document cannot be had: ${error.message}`, { cause: error })
  }
}

/** OpenID Connect Discovery 4.3: the document lies below its issuer. Other places count when the host is the same. */
function isOfIssuer(discoveryUrl: string, issuer: string): boolean {
  const url = new URL(discoveryUrl)
  const plain = (address: string) => new URL(address).href.replace(/[?#].*$/, '').replace(/\/$/, '')
  if (url.pathname.endsWith(WELL_KNOWN))
    return plain(discoveryUrl).slice(0, -WELL_KNOWN.length) === plain(issuer)
  return url.origin === new URL(issuer).origin
}

const short = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** Whether the code is bound to the browser that asked for it (RFC 7636). */
export function usesPkce(
  { pkce, tokenAuth }: Pick<ProviderSettings, 'pkce' | 'tokenAuth'>,
  { document, issuer }: Discovery,
): boolean {
  if (pkce !== null) return pkce
  // Nothing else would tell our request for the tokens from anybody's.
  if (tokenAuth === 'none') return true
  if (document.code_challenge_methods_supported?.includes('S256')) return true
  // Entra takes it and does not say so; Google's document may leave it out.
  return /^https:\/\/(accounts\.google\.com|login\.microsoftonline\.(com|us)|sts\.windows\.net)(\/|$)/.test(
    issuer,
  )
}
