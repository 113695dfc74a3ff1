/** The identity provider of test/oidc-provider.ts, with one client: this server as a browser reaches it. */
import { type OidcProvider, type People, startOidcProvider } from '../../test/oidc-provider'

export type { People } from '../../test/oidc-provider'

export interface IdentityProvider extends OidcProvider {
  readonly clientId: string
  readonly clientSecret: string
}

interface Options {
  people: People
  /** What may come back: redirect URIs, and where a logout ends. */
  redirectUris: string[]
  afterLogout?: string[]
}

const CLIENT_ID = 'bennu'
const CLIENT_SECRET = 'e2e client secret % + & : / ='

/** Starts it on a free port. */
export async function startIdentityProvider(options: Options): Promise<IdentityProvider> {
  const { people, redirectUris, afterLogout = [] } = options
  const client = {
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: redirectUris,
    post_logout_redirect_uris: afterLogout,
  }
  const provider = await startOidcProvider({ people, clients: [client] })
  return { ...provider, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
}
