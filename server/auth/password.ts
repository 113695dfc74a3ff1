/** Hashing and checking passwords. What may be one is in password-policy.ts. */
import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { hash as argon2Hash, verify as argon2Verify, type Options } from '@node-rs/argon2'
import { hashQueue } from '#server/auth/hash-queue'
import { MAX_PASSWORD_BYTES, normalizePassword } from '#server/auth/password-model'
import { isAppError } from '#server/errors'
import { networkOf } from '#server/limits/keys'

/** OWASP's smallest recommendation: 19 MiB, two passes, one lane. About 10 ms, off the main thread. */
const ARGON2: Options = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }
/** A salt and a hash of zeros with these parameters: no password is known to lead to it. */
const dummy = (memoryCost = ARGON2.memoryCost) =>
  `$argon2id$v=19$m=${memoryCost},t=${ARGON2.timeCost},p=${ARGON2.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`
const DUMMY = dummy()
/** What is left of the price of a hash once PBKDF2 has taken its part, about a sixth. */
const DUMMY_BESIDE_PBKDF2 = dummy(16 * 1024)
const PBKDF2 = { rounds: 10_000, bytes: 32 }

const derive = promisify(pbkdf2)

/** The password columns of a user row. */
export interface StoredPassword {
  passwordHash: Buffer | null
  passwordSalt: Buffer | null
}

export interface PasswordCheck {
  good: boolean
  /** True for a good password that lies in the row in an older form: hash it anew and store it. */
  outdated: boolean
}

/** Whose work it is while nobody's address is known: the program's own. */
const NOBODY = ''

/**
 * The value for `users.password_hash` (with no salt beside it): argon2id in PHC form.
 * @param client the address it is made for: clients take turns
 * @throws AppError unavailable when too many passwords are being checked
 */
export function hashPassword(plain: string, client: string | null = null): Promise<Buffer> {
  return inTurn(client, async () => Buffer.from(await argon2Hash(normalizePassword(plain), ARGON2), 'utf8'))
}

/**
 * Checks a password against a row. Takes as long when there is nothing to check against: no row, another sign-in
 * method, a disabled account must look the same from outside.
 * @param stored null to spend the time and fail
 * @param client the address it is checked for: clients take turns
 * @throws AppError unavailable when too many passwords are being checked
 */
export async function verifyPassword(
  plain: string,
  stored: StoredPassword | null,
  client: string | null = null,
): Promise<PasswordCheck> {
  const refused = { good: false, outdated: false }
  if (Buffer.byteLength(plain) > MAX_PASSWORD_BYTES) return refused
  if (!stored?.passwordHash) {
    await spendOneHash(plain, client)
    return refused
  }
  if (stored.passwordSalt) return verifyPbkdf2(plain, stored.passwordHash, stored.passwordSalt, client)
  const good = await verifyArgon2(plain, stored.passwordHash.toString('utf8'), client)
  return { good, outdated: false }
}

/**
 * The form of accounts that were written by SQL or come from an import. Where the password is wrong, the rest
 * of an argon2 hash is spent in the same turn, so that the time does not tell such accounts apart.
 */
async function verifyPbkdf2(
  plain: string,
  expected: Buffer,
  salt: Buffer,
  client: string | null,
): Promise<PasswordCheck> {
  return inTurn(client, async () => {
    const derived = await derive(plain, salt, PBKDF2.rounds, PBKDF2.bytes, 'sha256')
    const good = derived.length === expected.length && timingSafeEqual(derived, expected)
    if (!good) await argon2Verify(DUMMY_BESIDE_PBKDF2, normalizePassword(plain))
    return { good, outdated: good }
  })
}

async function verifyArgon2(plain: string, phc: string, client: string | null): Promise<boolean> {
  try {
    return await inTurn(client, () => argon2Verify(phc, normalizePassword(plain)))
  } catch (error) {
    if (isAppError(error)) throw error
    // Not a PHC string: bytes that no password leads to, as the system account has them.
    await spendOneHash(plain, client)
    return false
  }
}

async function spendOneHash(plain: string, client: string | null): Promise<void> {
  await inTurn(client, () => argon2Verify(DUMMY, normalizePassword(plain)))
}

function inTurn<T>(client: string | null, work: () => Promise<T>): Promise<T> {
  return hashQueue().run(client === null ? NOBODY : networkOf(client), work)
}
