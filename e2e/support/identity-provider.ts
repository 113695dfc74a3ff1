/**
 * An identity provider certified by the OpenID Foundation, in this very process: it asks who one is, shows what it asks,
 * and knows nobody's password. It is at `localhost`, another site than the server at 127.0.0.1.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'

/** Whom the provider knows: by the name that is typed, with these claims. */
export type People = Record<string, Record<string, unknown>>

export interface IdentityProvider {
  /** `http://localhost:<port>`. */
  readonly issuer: string
  readonly discoveryUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** How often somebody was asked who they are. */
  asked(): number
  stop(): Promise<void>
}

interface Options {
  people: People
  /** What may come back: redirect URIs, and where a logout ends. */
  redirectUris: string[]
  afterLogout?: string[]
  /** Where logouts are told of, server to server. */
  backchannelLogoutUri?: string
}

const CLIENT_SECRET = 'e2e client secret % + & : / ='

/** Starts it on a free port. */
export async function startIdentityProvider(options: Options): Promise<IdentityProvider> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(listener.address() as AddressInfo).port}`
  const { default: Provider } = await import('oidc-provider')
  const provider = new Provider(issuer, configuration(options))
  const callback = provider.callback()
  let asked = 0
  listener.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(request.url ?? '')?.[1]
    if (uid === undefined) return void callback(request, response)
    if (request.method === 'GET') {
      asked += 1
      return sendPage(response, ASK)
    }
    void readForm(request).then((form) =>
      provider.interactionFinished(request, response, { login: { accountId: form.get('name') ?? '' } }),
    )
  })
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    clientId: 'bennu',
    clientSecret: CLIENT_SECRET,
    asked: () => asked,
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        listener.closeAllConnections()
      }),
  }
}

function configuration({ people, redirectUris, afterLogout, backchannelLogoutUri }: Options): Configuration {
  return {
    clients: [
      {
        client_id: 'bennu',
        client_secret: CLIENT_SECRET,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: afterLogout ?? [],
        ...(backchannelLogoutUri && { backchannel_logout_uri: backchannelLogoutUri }),
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      roles: ['roles', 'groups'],
    },
    scopes: ['openid', 'email', 'profile', 'roles'],
    // Everything in the id token, as most providers have it.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) =>
      people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: askToLeave },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantEverything,
    cookies: { keys: ['a key of this test'] },
  }
}

/** Nobody is asked whether the client may know what it asks for. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { client, session, provider } = ctx.oidc
  const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' })
  grant.addOIDCScope('openid email profile roles')
  await grant.save()
  return grant
}

async function askToLeave(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  ctx.body = page(
    `<h1>Sign out of the provider?</h1>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`,
  )
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><title>Identity provider</title><link rel="icon" href="data:,">${body}</html>`
const ASK = page(
  '<h1>Who are you?</h1><form method="post"><label>Name <input name="name" autofocus></label> <button>Go on</button></form>',
)

function sendPage(response: ServerResponse, html: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(html)
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}
