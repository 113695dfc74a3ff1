/**
 * Whatever secret is stored and must be read again goes through here: wrapped by Fernet under a key made
 * from PHOENIX_SECRET. Passwords and API keys do not: those are only ever compared.
 */
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Config } from '#server/config/model'
import { AppError } from '#server/errors'
import { fernetDecrypt, fernetEncrypt, looksLikeFernet } from '#server/secrets/fernet'

/** The part of the configuration that wrapping needs. */
export type SecretSource = Pick<Config['auth'], 'secret' | 'previousSecrets'>

const ROUNDS = 600_000
/** Fixed, so that a database moves between machines and implementations with its PHOENIX_SECRET alone. */
const SALT = 'phoenix-database-encryption-a5d354120d50240ac80b74f56d09b363'

// On globalThis because Next gives each route its own copy of this module, and a derivation costs 0.2 s.
const KEYS = Symbol.for('bennu.secrets.keys')
const holder = globalThis as unknown as Record<symbol, Map<string, Promise<Buffer>> | undefined>

/** The 32-byte Fernet key of a PHOENIX_SECRET. Derived off the event loop, once per process and secret. */
export function fernetKeyOf(secret: string): Promise<Buffer> {
  holder[KEYS] ??= new Map()
  const keys = holder[KEYS]
  let key = keys.get(secret)
  if (!key) {
    key = promisify(pbkdf2)(Buffer.from(secret, 'utf8'), SALT, ROUNDS, 32, 'sha256')
    keys.set(secret, key)
  }
  return key
}

/** Derives every key ahead of its first use, so that neither a request nor a transaction waits for one. */
export async function warmSecrets(source: SecretSource): Promise<void> {
  await Promise.all(secretsOf(source).map(fernetKeyOf))
}

/** Every secret there is, the current one first. */
export function secretsOf({ secret, previousSecrets }: SecretSource): readonly string[] {
  return secret === null ? previousSecrets : [secret, ...previousSecrets]
}

/** Whether this server can store secrets at all. */
export function canWrapSecrets(source: SecretSource): boolean {
  return source.secret !== null
}

/**
 * The Fernet token to store for a secret.
 * @throws AppError conflict (409) without PHOENIX_SECRET: nothing is stored under a key that anybody could make;
 *   invalid (422) for an empty secret
 */
export async function wrapSecret(source: SecretSource, plain: Buffer | string): Promise<string> {
  if (source.secret === null)
    throw new AppError('conflict', 'Secrets cannot be stored on this server: PHOENIX_SECRET is not set')
  const bytes = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain
  if (bytes.length === 0) throw new AppError('invalid', 'An empty secret cannot be stored')
  return fernetEncrypt(await fernetKeyOf(source.secret), bytes)
}

/**
 * What a stored token holds, by the current secret or one of BENNU_SECRET_PREVIOUS; null when none of them
 * made it.
 */
export async function unwrapSecret(source: SecretSource, token: string): Promise<Buffer | null> {
  return (await openSecret(source, token))?.plain ?? null
}

/** As `unwrapSecret`, with the secret that made the token. */
export async function openSecret(
  source: SecretSource,
  token: string,
): Promise<{ plain: Buffer; secret: string } | null> {
  if (!looksLikeFernet(token)) return null
  for (const secret of secretsOf(source)) {
    const plain = fernetDecrypt(await fernetKeyOf(secret), token)
    if (plain) return { plain, secret }
  }
  return null
}
