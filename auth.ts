/**
 * The configuration of Auth.js, and the two requests that we make of it: the way to an identity provider and the way back.
 * It has no route of its own (docs/decisions/020): handlers below app/oauth2 call it, and make our session of the outcome.
 */
import { Auth, type AuthConfig, customFetch, raw, skipCSRFCheck } from '@auth/core'
import { InvalidCheck } from '@auth/core/errors'
import { clockTolerance } from 'oauth4webapi'
import {
  OAUTH_NONCE_COOKIE,
  OAUTH_RETURN_COOKIE,
  OAUTH_STATE_COOKIE,
  OAUTH_VERIFIER_COOKIE,
} from '#server/auth/cookies'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { authJsAdapter } from '#server/oidc/adapter'
import { readAssertion } from '#server/oidc/assertion'
import { type Discovery, usesPkce } from '#server/oidc/discovery'
import { SignInFailure } from '#server/oidc/failure'
import { fetchFromProvider, ProviderUnreachable } from '#server/oidc/fetch'
import { flowSecrets } from '#server/oidc/flow-cookies'
import type { Provider } from '#server/oidc/model'

/** Auth.js reads only paths below it; the host is never seen. */
const HERE = 'https://here.invalid'
const BASE_PATH = '/oauth2'
const LEEWAY_SECONDS = 120

/** One sign-in of one browser at one provider. */
export interface Trip {
  config: Config
  db: Database
  provider: Provider
  discovery: Discovery
  /** Ours, as the provider knows it. */
  redirectUri: string
}

/** What a raw request of Auth.js comes to. */
interface RawAnswer {
  redirect?: string
  cookies?: { name: string; value: string }[]
}

/** The provider's address to go to, and the sealed cookies of the way back. */
export async function beginTrip(trip: Trip): Promise<{ location: string; cookies: RawAnswer['cookies'] }> {
  const request = new Request(`${HERE}${BASE_PATH}/signin/${trip.provider.name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
  })
  const { redirect, cookies = [] } = (await Auth(request, authConfig(trip))) as RawAnswer
  if (!redirect) throw new Error('Auth.js gave no address to go to')
  const wanted: readonly string[] = [OAUTH_STATE_COOKIE, OAUTH_NONCE_COOKIE, OAUTH_VERIFIER_COOKIE]
  return { location: redirect, cookies: cookies.filter(({ name }) => wanted.includes(name)) }
}

/** What we do on the way back, when Auth.js has done its part. */
export interface Handlers<T> {
  /** Judges the token endpoint's answer before anything in it is believed. */
  judge(response: Response): Promise<void>
  /** Lets somebody in, or throws. */
  admit(): Promise<T>
}

/**
 * Trades the code of an answer for tokens and lets somebody in.
 * @param answer what the provider sent along: `code`, `state`, `iss`
 * @param cookieHeader the browser's cookies, of which only those of the trip are looked at
 * @throws SignInFailure; whatever `admit` throws
 */
export async function endTrip<T>(
  trip: Trip,
  answer: URLSearchParams,
  cookieHeader: string,
  handlers: Handlers<T>,
): Promise<T> {
  const outcome: { admitted?: { value: T }; thrown?: unknown } = {}
  // Auth.js wraps whatever is thrown below it, and says less than it was told.
  const watched = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      try {
        return await work(...args)
      } catch (error) {
        outcome.thrown ??= error
        throw error
      }
    }
  }
  const judge = watched(handlers.judge)
  const admit = watched(async () => {
    outcome.admitted = { value: await handlers.admit() }
  })
  const ask = watched((url: string, init: RequestInit) => askProvider(trip, url, init))
  const request = new Request(`${HERE}${BASE_PATH}/callback/${trip.provider.name}?${answer}`, {
    headers: { cookie: cookieHeader },
  })
  try {
    await Auth(request, authConfig(trip, { judge, admit, ask }))
  } catch (error) {
    throw outcome.thrown ?? translate(error)
  }
  if (!outcome.admitted)
    throw new SignInFailure('auth_failed', 'token', 'the answer of the provider was not accepted')
  return outcome.admitted.value
}

/** What Auth.js refuses by itself: state, nonce, verifier, `iss` (RFC 9207), what the token endpoint answered. */
function translate(error: unknown): SignInFailure {
  if (error instanceof InvalidCheck)
    return new SignInFailure('invalid_state', 'state', 'the cookies of the sign-in were not made for it', {
      cause: error,
    })
  const { err } = ((error as Error).cause ?? {}) as { err?: { code?: string; message?: string } }
  const why = err?.code ?? (error as Error).name
  return new SignInFailure('auth_failed', 'token', `the answer of the provider was not accepted: ${why}`, {
    cause: error,
  })
}

interface Parts {
  judge(response: Response): Promise<void>
  admit(): Promise<void>
  ask(url: string, init: RequestInit): Promise<Response>
}

const NOTHING: Parts = {
  judge: async () => {},
  admit: async () => {},
  ask: () => Promise.reject(new Error('Nothing is asked on the way to a provider')),
}

function authConfig(trip: Trip, parts: Parts = NOTHING): AuthConfig {
  const { config, db, provider } = trip
  const cookie = (name: string) => ({
    name,
    options: { httpOnly: true, path: '/', sameSite: 'lax' as const },
  })
  return {
    raw,
    skipCSRFCheck,
    trustHost: true,
    basePath: BASE_PATH,
    secret: flowSecrets(config),
    providers: [providerConfig(trip, parts)],
    adapter: authJsAdapter(db, provider.clientId),
    session: { strategy: 'jwt' },
    cookies: {
      state: cookie(OAUTH_STATE_COOKIE),
      nonce: cookie(OAUTH_NONCE_COOKIE),
      pkceCodeVerifier: cookie(OAUTH_VERIFIER_COOKIE),
      callbackUrl: cookie(`${OAUTH_RETURN_COOKIE}-unused`),
    },
    callbacks: {
      signIn: async () => {
        await parts.admit()
        return true
      },
      redirect: ({ baseUrl }) => baseUrl,
      // No session of Auth.js: ours is made by then.
      jwt: () => null,
    },
    // Whatever goes wrong is thrown, and logged where it is known what may be said of it.
    logger: { error: () => {}, warn: () => {}, debug: () => {} },
  }
}

function providerConfig(
  { provider, discovery, redirectUri }: Trip,
  { judge, ask }: Parts,
): AuthConfig['providers'][number] {
  const { tokenAuth } = provider
  const method = tokenAuth === 'client_assertion_jwt' ? 'none' : tokenAuth
  const fromMemory = (url: string) => url.endsWith('/.well-known/openid-configuration')
  return {
    id: provider.name,
    name: provider.displayName,
    type: 'oidc',
    issuer: discovery.issuer,
    clientId: provider.clientId,
    ...(provider.clientSecret !== null && { clientSecret: provider.clientSecret }),
    client: { token_endpoint_auth_method: method, [clockTolerance]: LEEWAY_SECONDS } as never,
    checks: usesPkce(provider, discovery) ? ['state', 'nonce', 'pkce'] : ['state', 'nonce'],
    authorization: { params: { scope: provider.scopes.join(' '), redirect_uri: redirectUri } },
    token: {
      conform: async (response: Response) => {
        await judge(response)
        return undefined as never
      },
    },
    profile: ({ sub, name, email }) =>
      ({ id: sub ?? null, name: name ?? null, email: email ?? null }) as never,
    account: () => ({}),
    [customFetch]: async (...[input, init]: Parameters<typeof fetch>) => {
      const url = input instanceof Request ? input.url : String(input)
      return fromMemory(url) ? documentFor(discovery) : ask(url, init ?? {})
    },
  }
}

/** The document as Auth.js wants it: it demands a userinfo endpoint that it does not ask. */
function documentFor({ document, issuer, algorithms }: Discovery): Response {
  return Response.json({
    ...document,
    id_token_signing_alg_values_supported: algorithms,
    userinfo_endpoint: document.userinfo_endpoint ?? `${issuer}/userinfo`,
  })
}

/** A request of Auth.js to the token endpoint, under our rules and with the redirect URI that the code was asked for. */
async function askProvider(
  { provider, redirectUri }: Trip,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const body = new URLSearchParams(init.body as URLSearchParams)
  if (body.get('grant_type') === 'authorization_code') body.set('redirect_uri', redirectUri)
  if (provider.tokenAuth === 'client_assertion_jwt') {
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', await readAssertion(provider))
  }
  const headers = Object.fromEntries(new Headers(init.headers).entries())
  try {
    return await fetchFromProvider(url, { method: init.method ?? 'GET', headers, body })
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    const sentence = `the token endpoint gave no answer: ${error.message}`
    throw new SignInFailure('oauth_error', 'provider', sentence, { cause: error })
  }
}
