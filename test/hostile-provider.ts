/**
 * An identity provider that does as it is told, right or wrong. One server, any number of issuers below it, each with its
 * own behaviour, so that nothing that is kept of one is known of another.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { ProviderSettings } from '#server/oidc/model'
import { PLAIN_RULES } from './provider-rules'

type Json = Record<string, unknown>

export const CLIENT_ID = 'bennu-test'
export const CLIENT_SECRET = 'a secret with % + & : / = in it'

/** A key pair of the tests. Made once: it takes a while. */
export interface TestKey {
  kid: string
  privateKey: CryptoKey
  publicJwk: JWK
}

const made = new Map<string, Promise<TestKey>>()
/** The RSA key of this name. */
export function testKey(kid: string, alg = 'RS256'): Promise<TestKey> {
  const key = made.get(kid) ?? makeKey(kid, alg)
  made.set(kid, key)
  return key
}

async function makeKey(kid: string, alg: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A JWT put together by hand, signed with an HMAC of any secret or not at all. */
export function handmadeJwt(header: Json, payload: unknown, secret: string | Buffer | null): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${secret === null ? '' : createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** How one issuer behaves. Change any of it between steps. */
export interface Behaviour {
  /** Changes the claims of the id token; undefined values are left out. */
  claims: (claims: Json, accessToken: string) => Json
  /** Makes the token of the claims; RS256 with the first key unless told otherwise. */
  sign: (claims: Json) => Promise<string>
  /** The public keys. */
  keys: JWK[]
  document: (document: Json) => Json
  /** Answers the discovery request by hand. */
  discovery: ((response: ServerResponse) => void) | null
  tokenAnswer: (answer: Json) => Json
  tokenStatus: number
  /** Null: 500. */
  userinfo: Json | null
  keysAreDown: boolean
}

export class HostileIssuer {
  readonly issuer: string
  readonly counts = { discovery: 0, keys: 0, token: 0, userinfo: 0 }
  /** The last request to the token endpoint. */
  tokenRequest: { authorization: string | null; body: URLSearchParams } | null = null
  readonly #codes = new Map<string, URLSearchParams>()
  behaviour: Behaviour

  constructor(issuer: string, key: TestKey) {
    this.issuer = issuer
    this.behaviour = {
      claims: (claims) => claims,
      sign: signedWith(key),
      keys: [key.publicJwk],
      document: (document) => document,
      discovery: null,
      tokenAnswer: (answer) => answer,
      tokenStatus: 200,
      userinfo: null,
      keysAreDown: false,
    }
  }

  /** What an operator would set up for it; the name is the last part of the issuer. */
  settings(rest: Partial<ProviderSettings> = {}): ProviderSettings {
    return {
      name: this.issuer.split('/').at(-1) ?? '',
      displayName: 'Hostile',
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      discoveryUrl: `${this.issuer}/.well-known/openid-configuration`,
      ...PLAIN_RULES,
      assertionFile: null,
      redirectPath: null,
      ...rest,
    }
  }

  /** What the provider's page does once somebody has agreed: the address that the browser is sent back to. */
  agree(location: string, extra: Record<string, string> = {}): URL {
    const asked = new URL(location).searchParams
    const code = randomUUID()
    this.#codes.set(code, asked)
    const back = new URL(asked.get('redirect_uri') ?? '')
    for (const [name, value] of Object.entries({ code, state: asked.get('state') ?? '', ...extra }))
      back.searchParams.set(name, value)
    return back
  }

  /** A logout token of this issuer, good unless `change` says otherwise. */
  async logoutToken(claims: Json, change: (claims: Json) => Json = (same) => same): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    const base = { iss: this.issuer, aud: CLIENT_ID, iat: now, exp: now + 120, jti: randomUUID(), events }
    return this.behaviour.sign(change({ ...base, ...claims }))
  }

  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (path === '/.well-known/openid-configuration') return this.#discovery(response)
    if (path === '/jwks') {
      this.counts.keys += 1
      return send(response, this.behaviour.keysAreDown ? 503 : 200, { keys: this.behaviour.keys })
    }
    if (path === '/token') return this.#token(request, response)
    if (path === '/userinfo') {
      this.counts.userinfo += 1
      return send(response, this.behaviour.userinfo ? 200 : 500, this.behaviour.userinfo ?? {})
    }
    send(response, 404, {})
  }

  #discovery(response: ServerResponse): void {
    this.counts.discovery += 1
    const { issuer } = this
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: `${issuer}/logout`,
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
    }
    if (this.behaviour.discovery) this.behaviour.discovery(response)
    else send(response, 200, this.behaviour.document(document))
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.counts.token += 1
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = new URLSearchParams(Buffer.concat(chunks).toString())
    this.tokenRequest = { authorization: request.headers.authorization ?? null, body }
    const asked = this.#codes.get(body.get('code') ?? '')
    this.#codes.delete(body.get('code') ?? '')
    if (!asked || asked.get('redirect_uri') !== body.get('redirect_uri') || !provesItself(asked, body))
      return send(response, 400, { error: 'invalid_grant' })
    const accessToken = randomUUID()
    const claims = this.behaviour.claims(this.#claims(asked), accessToken)
    const idToken = await this.behaviour.sign(claims)
    const answer = { access_token: accessToken, token_type: 'Bearer', expires_in: 60, id_token: idToken }
    send(response, this.behaviour.tokenStatus, this.behaviour.tokenAnswer(answer))
  }

  #claims(asked: URLSearchParams): Json {
    const now = Math.floor(Date.now() / 1000)
    return {
      iss: this.issuer,
      sub: 'subject-1',
      aud: CLIENT_ID,
      iat: now,
      exp: now + 300,
      nonce: asked.get('nonce'),
      email: 'ada@example.com',
      name: 'Ada',
    }
  }
}

/** RS256 by this key; `header` goes over the usual one, undefined values are left out. */
export function signedWith(key: TestKey, header: Json = {}): Behaviour['sign'] {
  return (claims) => {
    const protectedHeader = JSON.parse(JSON.stringify({ alg: 'RS256', kid: key.kid, ...header }))
    return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
      .setProtectedHeader(protectedHeader)
      .sign(key.privateKey)
  }
}

/** RFC 7636 4.6. */
function provesItself(asked: URLSearchParams, body: URLSearchParams): boolean {
  const challenge = asked.get('code_challenge')
  if (challenge === null) return !body.has('code_verifier')
  const verifier = body.get('code_verifier') ?? ''
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

/** Starts the server; `issuer()` opens one more issuer below it. */
export async function startHostileProvider() {
  const issuers = new Map<string, HostileIssuer>()
  const server = createServer((request, response) => {
    const [, name = '', ...rest] = (request.url ?? '').split('/')
    const issuer = issuers.get(name)
    if (!issuer) return send(response, 404, {})
    issuer.handle(`/${rest.join('/')}`, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const key = await testKey('key-1')
  return {
    origin,
    issuer: () => {
      const name = `idp${issuers.size + 1}`
      const issuer = new HostileIssuer(`${origin}/${name}`, key)
      issuers.set(name, issuer)
      return issuer
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
