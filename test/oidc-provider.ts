/**
 * An identity provider that the OpenID Foundation has certified (the npm package oidc-provider), in this very process. It
 * asks who one is, shows what it asks, and knows nobody's password: a browser and `visit` answer it alike. It is at
 * `localhost`, another site than the server at 127.0.0.1.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, {
  type ClientMetadata,
  type Configuration,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider'

/** Claims of somebody, by the name that is typed at the provider. Groups and roles come with the scope `roles`. */
export type People = Record<string, Record<string, unknown>>

export interface OidcProviderOptions {
  people: People
  clients: ClientMetadata[]
  /** All but the subject stands in userinfo alone, as many providers do with groups. */
  userinfoOnly?: boolean
}

/** A running provider. */
export interface OidcProvider {
  /** `http://localhost:<port>`. */
  readonly issuer: string
  readonly discoveryUrl: string
  /** How often somebody was asked who they are. */
  asked(): number
  /**
   * What a person does there who says to be `person`: follows redirects with cookies of its own.
   * @returns the address of ours that the browser is sent back to
   */
  visit(location: string, person: string): Promise<URL>
  /** Signs with a new key from now on; the old one is gone. */
  rotateKeys(): Promise<void>
  /** From now on it cuts every connection, or takes it and says nothing. It keeps its port, which nobody else gets. */
  goAway(how: 'cuts' | 'is silent'): void
  comeBack(): void
  close(): Promise<void>
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = `key-${Date.now()}-${Math.random()}`
  return { ...((await exportJWK(privateKey)) as JWK), use: 'sig', alg: 'RS256', kid }
}

/** Starts it on a free port of this machine. */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  const state = { away: null as Parameters<OidcProvider['goAway']>[0] | null, asked: 0 }
  let answer: Handler | null = null
  const server = createServer((request, response) => {
    if (state.away === 'cuts') request.socket.resetAndDestroy()
    else if (state.away === null) answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const start = async () => {
    const provider = new Provider(issuer, configuration(options, [await signingKey()]))
    provider.proxy = true
    answer = quietly(() => handlerOf(provider, () => (state.asked += 1)))
  }
  await start()
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    asked: () => state.asked,
    visit: (location, person) => visit(issuer, location, person),
    rotateKeys: start,
    goAway: (how) => {
      state.away = how
      // What is connected already must not go on as if nothing had happened.
      server.closeAllConnections()
    },
    comeBack: () => {
      state.away = null
      server.closeAllConnections()
    },
    close: () => close(server),
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

function handlerOf(provider: Provider, noteAsked: () => void): Handler {
  const callback = provider.callback()
  return (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response)
    if (request.method === 'GET') {
      noteAsked()
      return sendPage(response, ASK)
    }
    void readForm(request).then((form) =>
      provider.interactionFinished(request, response, { login: { accountId: form.get('name') ?? '' } }),
    )
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** It warns about whatever a deployment in earnest would do otherwise. */
function quietly<T>(work: () => T): T {
  const { warn, info } = console
  console.warn = console.info = () => {}
  try {
    return work()
  } finally {
    Object.assign(console, { warn, info })
  }
}

const SCOPES = ['openid', 'email', 'profile', 'roles']

function configuration({ people, clients, userinfoOnly }: OidcProviderOptions, keys: JWK[]): Configuration {
  return {
    clients,
    jwks: { keys },
    scopes: SCOPES,
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'picture'],
      roles: ['roles', 'groups'],
    },
    conformIdTokenClaims: userinfoOnly ?? false,
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => false },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantEverything,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: askToLeave },
      backchannelLogout: { enabled: true },
    },
    findAccount: (_ctx, id) => {
      const person = people[id]
      return person ? { accountId: id, claims: async () => ({ sub: id, ...person }) } : undefined
    },
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  }
}

/** Nobody is asked whether the client may know what it asks for. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { client, session, provider } = ctx.oidc
  const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' })
  grant.addOIDCScope(SCOPES.join(' '))
  await grant.save()
  return grant
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><title>Identity provider</title><link rel="icon" href="data:,">${body}</html>`
const ASK = page(
  '<h1>Who are you?</h1><form method="post"><label>Name <input name="name" autofocus></label> <button>Go on</button></form>',
)

async function askToLeave(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  ctx.body = page(
    `<h1>Sign out of the provider?</h1>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`,
  )
}

function sendPage(response: ServerResponse, html: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(html)
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}

async function visit(issuer: string, location: string, person: string): Promise<URL> {
  const jar = new Map<string, string>()
  const ask = async (url: URL, body: URLSearchParams | null) => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const method = body ? 'POST' : 'GET'
    const response = await fetch(url, { method, body, redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', ...value] = (line.split(';')[0] ?? '').split('=')
      jar.set(name, value.join('='))
    }
    return { to: response.headers.get('location'), text: await response.text() }
  }
  let url = new URL(location)
  for (let steps = 0; steps < 20; steps++) {
    if (url.origin !== issuer) return url
    let { to, text } = await ask(url, null)
    if (to === null && text === ASK) ({ to, text } = await ask(url, new URLSearchParams({ name: person })))
    if (to === null) throw new Error(`The provider leads nowhere: ${text.slice(0, 300)}`)
    url = new URL(to, issuer)
  }
  throw new Error('The provider did not send the browser back')
}
