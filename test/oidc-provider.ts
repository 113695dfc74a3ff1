/**
 * An identity provider that the OpenID Foundation has certified (the npm package oidc-provider), started in this process
 * or, for a browser, with pages that sign somebody in. Its people are those whom `people` names.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type ClientMetadata, type Configuration, type JWK } from 'oidc-provider'

/** Claims of somebody, by the name that is typed at the provider. */
export type People = Record<string, Record<string, unknown>>

export interface OidcProviderOptions {
  people: People
  clients: ClientMetadata[]
  /** Claims that stand in userinfo alone, as many providers do with groups. */
  userinfoOnly?: boolean
  /** Names the scopes beside openid, email and profile, each with its claims. */
  claims?: Record<string, string[]>
}

/** A running provider. */
export interface OidcProvider {
  issuer: string
  discoveryUrl: string
  /**
   * What a person does there who signs in as `person` and agrees to everything: follows redirects with cookies of its own.
   * @returns the address of ours that the browser is sent back to
   */
  visit(location: string, person: string): Promise<URL>
  /** Signs with a new key from now on; the old one is gone. */
  rotateKeys(): Promise<void>
  close(): Promise<void>
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return {
    ...((await exportJWK(privateKey)) as JWK),
    use: 'sig',
    alg: 'RS256',
    kid: `key-${Date.now()}-${Math.random()}`,
  }
}

/** Starts it on a free port of this machine. */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  let handler: ReturnType<Provider['callback']> | null = null
  const server = createServer((request, response) => void handler?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The browser must see another site than ours, which is 127.0.0.1.
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const start = async () => {
    const provider = new Provider(issuer, configuration(options, [await signingKey()]))
    provider.proxy = true
    handler = quietly(() => provider.callback())
  }
  await start()
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    visit: (location, person) => visit(issuer, location, person),
    rotateKeys: start,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
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

function configuration(
  { people, clients, claims, userinfoOnly }: OidcProviderOptions,
  keys: JWK[],
): Configuration {
  return {
    clients,
    jwks: { keys },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'picture', 'groups', 'roles'],
      ...claims,
    },
    conformIdTokenClaims: userinfoOnly ?? false,
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => false },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    findAccount: (_ctx, id) => {
      const person = people[id]
      return person ? { accountId: id, claims: async () => ({ sub: id, ...person }) } : undefined
    },
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  }
}

async function visit(issuer: string, location: string, person: string): Promise<URL> {
  const jar = new Map<string, string>()
  const ask = async (address: string, body?: URLSearchParams) => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(address, {
      method: body ? 'POST' : 'GET',
      body: body ?? null,
      redirect: 'manual',
      headers: { cookie },
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', ...value] = (line.split(';')[0] ?? '').split('=')
      jar.set(name, value.join('='))
    }
    return response
  }
  let address = location
  for (let steps = 0; steps < 20; steps++) {
    const url = new URL(address)
    if (url.origin !== issuer) return url
    const page = await ask(address)
    const next = page.headers.get('location')
    if (next) {
      address = new URL(next, issuer).href
      continue
    }
    const text = await page.text()
    const form = /<form[^>]*action="([^"]+)"/.exec(text)?.[1]
    if (!form)
      throw new Error(`The provider shows a page without a form: ${page.status} ${text.slice(0, 300)}`)
    const prompt = /name="prompt" value="([^"]+)"/.exec(text)?.[1] ?? 'login'
    const answer = await ask(
      new URL(form, issuer).href,
      new URLSearchParams({ prompt, login: person, password: 'x' }),
    )
    address = new URL(answer.headers.get('location') ?? '', issuer).href
  }
  throw new Error('The provider did not send the browser back')
}
