/**
 * The one place where a provider's token is believed: id tokens and logout tokens, of providers from the environment and
 * from Settings. Keys come from the provider's key set alone; whatever key a token brings along is not looked at.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { decodeProtectedHeader, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type { Discovery } from '#server/oidc/discovery'
import { ProviderUnreachable } from '#server/oidc/fetch'
import { type KeySet, keySetOf } from '#server/oidc/keys'
import type { ProviderSettings } from '#server/oidc/model'
import { isStorable } from '#server/text'

/** How far the provider's clock may be from ours. */
const LEEWAY_SECONDS = 120
const MAX_TOKEN_LENGTH = 64 * 1024
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** The token is not to be believed. The sentence says why, and holds nothing of the token. */
export class TokenFault extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.name = 'TokenFault'
  }

  /** Whether it is the signature that is wrong. */
  get isSignature(): boolean {
    return (this.cause as { code?: string } | undefined)?.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
  }
}

/** What a token is good for. */
export type Expected =
  /** `accessToken`: what came with it, which `at_hash` is about. */
  { kind: 'id'; nonce: string; accessToken: string | null } | { kind: 'logout' }

/** What every token that was believed holds. */
export type Claims = JWTPayload & { iss: string; iat: number; exp: number }

type Party = Pick<ProviderSettings, 'clientId' | 'clientSecret'>

/**
 * The claims of a token, once everything about it is right (OpenID Connect Core 3.1.3.7; Back-Channel Logout 2.6).
 * @throws TokenFault; ProviderUnreachable when the keys cannot be had
 */
export async function verifyToken(
  party: Party,
  discovery: Discovery,
  token: string,
  expected: Expected,
  now: Date,
): Promise<Claims> {
  const { alg, kid } = readHeader(token, discovery)
  const claims = await believe(party, discovery, token, { alg, kid }, now)
  checkTimes(claims, now)
  checkAudience(claims, party.clientId)
  if (expected.kind === 'id') checkIdToken(claims, alg, expected)
  else checkLogoutToken(claims)
  return claims as Claims
}

function readHeader(token: string, { algorithms }: Discovery): { alg: string; kid: string | undefined } {
  if (token.length > MAX_TOKEN_LENGTH) throw new TokenFault('the token is too long')
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(token)
  } catch (cause) {
    throw new TokenFault('the token is no JWT', { cause })
  }
  const { alg, kid } = header
  if (typeof alg !== 'string' || /^none$/i.test(alg)) throw new TokenFault('the token is not signed')
  if (!algorithms.includes(alg))
    throw new TokenFault('the token is signed in a way that the provider does not announce')
  return { alg, kid: typeof kid === 'string' ? kid : undefined }
}

interface Header {
  alg: string
  kid: string | undefined
}

/** The claims, by the key that the header means. A key may have been replaced under its name: then it is asked for again. */
async function believe(
  party: Party,
  discovery: Discovery,
  token: string,
  header: Header,
  now: Date,
): Promise<JWTPayload> {
  const set = keySetOf(discovery.document.jwks_uri)
  const { alg, kid } = header
  const facts = { alg, issuer: discovery.issuer, now }
  const fits = (key: JWK) => isFor(key, alg) && (kid === undefined || key.kid === kid)
  if (alg.startsWith('HS'))
    return checkSignature(token, await sharedKey(party, set, header, fits, now), facts)
  try {
    return await checkSignature(token, await importOne(await set.find(now, fits), alg), facts)
  } catch (error) {
    if (!(error instanceof TokenFault && error.isSignature)) throw error
    return checkSignature(token, await importOne(await set.search(now, fits), alg), facts)
  }
}

type Key = Awaited<ReturnType<typeof importJWK>>

/** A shared secret that is published is worth little, but some providers do it; else it is that of the client. */
async function sharedKey(
  { clientSecret }: Party,
  set: KeySet,
  { alg, kid }: Header,
  fits: (key: JWK) => boolean,
  now: Date,
): Promise<Key> {
  const keys = kid === undefined ? [] : await set.find(now, fits)
  if (keys.length > 0) return importOne(keys, alg)
  if (!clientSecret) throw new TokenFault('the token is signed with a secret that is not there')
  return new TextEncoder().encode(clientSecret)
}

async function importOne(keys: readonly JWK[], alg: string): Promise<Key> {
  const [key] = keys
  if (!key) throw new TokenFault('the token is signed with a key that the provider does not have')
  if (keys.length > 1) throw new TokenFault('the token does not say which of the keys it is signed with')
  try {
    return await importJWK(key, alg)
  } catch (cause) {
    throw new TokenFault('the key of the provider cannot be used', { cause })
  }
}

const KINDS: Record<string, string> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP', HS: 'oct' }

/** RFC 7517 4.2, 4.4: what the key says about itself. */
function isFor(key: JWK, alg: string): boolean {
  if (key.kty !== KINDS[alg.slice(0, 2)]) return false
  if (key.use !== undefined && key.use !== 'sig') return false
  return key.alg === undefined || key.alg === alg
}

async function checkSignature(
  token: string,
  key: Key,
  { alg, issuer, now }: { alg: string; issuer: string; now: Date },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [alg],
      issuer,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: now,
      requiredClaims: ['iss', 'aud', 'exp', 'iat'],
    })
    return payload
  } catch (cause) {
    throw new TokenFault(whyNot(cause), { cause })
  }
}

const CLOCKS = 'does the clock of this server, or of the provider, go wrong by more than two minutes?'

/** A refusal of the library, in words that say where to look. */
function whyNot(error: unknown): string {
  const { code = '', claim = '', reason } = error as { code?: string; claim?: string; reason?: string }
  if (code === 'ERR_JWT_EXPIRED') return `the token has expired (exp): ${CLOCKS}`
  if (reason === 'missing') return `the token lacks what every token must say (${claim})`
  if (claim === 'iss') return 'the token names another issuer than the discovery document (iss)'
  if (claim === 'nbf') return `the token is not good yet (nbf): ${CLOCKS}`
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    return 'the signature of the token does not fit the keys of the provider'
  return `the token was not accepted: ${code}${claim && ` (${claim})`}`
}

function checkTimes({ iat = Number.NaN }: JWTPayload, now: Date): void {
  if (!(iat <= now.getTime() / 1000 + LEEWAY_SECONDS))
    throw new TokenFault(`the token was issued in the future (iat): ${CLOCKS}`)
}

function checkAudience({ aud, azp }: JWTPayload, clientId: string): void {
  const audience = Array.isArray(aud) ? aud : [aud]
  if (!audience.includes(clientId)) throw new TokenFault('the token is for somebody else (aud)')
  if (azp === undefined && audience.length > 1)
    throw new TokenFault('the token is for several and does not say whose it is (azp)')
  if (azp !== undefined && azp !== clientId) throw new TokenFault('the token belongs to somebody else (azp)')
}

function checkIdToken(
  claims: JWTPayload,
  alg: string,
  { nonce, accessToken }: Extract<Expected, { kind: 'id' }>,
): void {
  if (typeof claims.sub === 'number')
    throw new TokenFault('the sub of the token is a number: have the provider send it as a string')
  if (!isName(claims.sub) || (claims.sid !== undefined && !isName(claims.sid)))
    throw new TokenFault('the token names nobody (sub, sid)')
  if (claims.nonce !== nonce) throw new TokenFault('the token was made for another sign-in (nonce)')
  if (claims.at_hash === undefined) return
  if (accessToken === null || !isHashOf(claims.at_hash, accessToken, alg))
    throw new TokenFault('the token came with another access token (at_hash)')
}

/** OpenID Connect Core 3.1.3.6: the left half of the hash that the signature uses. */
function isHashOf(atHash: unknown, accessToken: string, alg: string): boolean {
  if (typeof atHash !== 'string') return false
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? '512'
  const hash = createHash(`sha${bits}`).update(accessToken, 'ascii').digest()
  const expected = Buffer.from(hash.subarray(0, hash.length / 2).toString('base64url'))
  const given = Buffer.from(atHash)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function checkLogoutToken({ events, nonce, jti, sub, sid }: JWTPayload): void {
  const event = isObject(events) ? events[LOGOUT_EVENT] : undefined
  if (!isObject(event)) throw new TokenFault('the token is not about a logout (events)')
  if (nonce !== undefined) throw new TokenFault('the token holds a nonce, which is for signing in')
  if (typeof jti !== 'string' || jti === '') throw new TokenFault('the token has no id (jti)')
  const isText = (value: unknown) => value === undefined || isName(value)
  if (!isText(sub) || !isText(sid) || (sub === undefined && sid === undefined))
    throw new TokenFault('the token says neither who nor which session (sub, sid)')
}

/** Something that may be looked for in the database. */
const isName = (value: unknown) =>
  typeof value === 'string' && value !== '' && value.length <= 1000 && isStorable(value)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a token could not be believed, as one sentence for the log. */
export function faultSentence(error: unknown): string | null {
  return error instanceof TokenFault || error instanceof ProviderUnreachable ? error.message : null
}
