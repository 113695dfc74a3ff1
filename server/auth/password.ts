/** Hashing and checking passwords. What may be one is in password-policy.ts. */
import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { hash as argon2Hash, verify as argon2Verify, type Options } from '@node-rs/argon2'
import { MAX_PASSWORD_BYTES, normalizePassword } from '#server/auth/password-model'
import { AppError, isAppError } from '#server/errors'

/** OWASP's smallest recommendation: 19 MiB, two passes, one lane. About 10 ms, off the main thread. */
const ARGON2: Options = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }
/** A salt and a hash of zeros with the same parameters: no password is known to lead to it. */
const DUMMY = `$argon2id$v=19$m=${ARGON2.memoryCost},t=${ARGON2.timeCost},p=${ARGON2.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`
const PBKDF2 = { rounds: 10_000, bytes: 32 }

/** Hashes at once in one process, so that a flood of sign-ins costs neither memory nor the cores of ingest. */
const MAX_AT_ONCE = 2
/** Hashes that wait for their turn: some seconds' worth, so that nobody waits for a flood of others to end. */
const MAX_WAITING = 200

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

/**
 * The value for `users.password_hash` (with no salt beside it): argon2id in PHC form.
 * @throws AppError unavailable when too many passwords are being checked
 */
export function hashPassword(plain: string): Promise<Buffer> {
  return limited(async () => Buffer.from(await argon2Hash(normalizePassword(plain), ARGON2), 'utf8'))
}

/**
 * Checks a password against a row. Takes as long when there is nothing to check against: no row, another sign-in
 * method, a disabled account must look the same from outside.
 * @param stored null to spend the time and fail
 * @throws AppError unavailable when too many passwords are being checked
 */
export async function verifyPassword(plain: string, stored: StoredPassword | null): Promise<PasswordCheck> {
  const refused = { good: false, outdated: false }
  if (Buffer.byteLength(plain) > MAX_PASSWORD_BYTES) return refused
  if (!stored?.passwordHash) {
    await spendOneHash(plain)
    return refused
  }
  if (stored.passwordSalt) return verifyPbkdf2(plain, stored.passwordHash, stored.passwordSalt)
  const good = await verifyArgon2(plain, stored.passwordHash.toString('utf8'))
  return { good, outdated: false }
}

/**
 * The form of accounts that were written by SQL or come from an import. An argon2 hash is spent beside it, so that
 * the time does not tell such accounts apart.
 */
async function verifyPbkdf2(plain: string, expected: Buffer, salt: Buffer): Promise<PasswordCheck> {
  const derived = await limited(() => derive(plain, salt, PBKDF2.rounds, PBKDF2.bytes, 'sha256'))
  const good = derived.length === expected.length && timingSafeEqual(derived, expected)
  if (!good) await spendOneHash(plain)
  return { good, outdated: good }
}

async function verifyArgon2(plain: string, phc: string): Promise<boolean> {
  try {
    return await limited(() => argon2Verify(phc, normalizePassword(plain)))
  } catch (error) {
    if (isAppError(error)) throw error
    // Not a PHC string: bytes that no password leads to, as the system account has them.
    await spendOneHash(plain)
    return false
  }
}

async function spendOneHash(plain: string): Promise<void> {
  await limited(() => argon2Verify(DUMMY, normalizePassword(plain)))
}

let running = 0
const waiting: (() => void)[] = []

/** @throws AppError unavailable when too many wait already */
async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (waiting.length >= MAX_WAITING) {
    throw new AppError('unavailable', 'Too many sign-ins at once: try again in a moment', {
      retryAfterSeconds: 5,
    })
  }
  if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    // A waiter takes over this place; `running` stays as it is.
    if (next) next()
    else running -= 1
  }
}
