/** What may become a password. Asked when one is chosen, never at sign-in. */
import { isCommonPassword } from '#server/auth/common-passwords'
import { MAX_PASSWORD_BYTES, normalizePassword } from '#server/auth/password'
import type { Config } from '#server/config/model'

/** Whom the password is for: it must not be one of these names. */
export interface PasswordOwner {
  username: string
  email: string | null
}

const SYMBOLS = '!@#$%^&*()_+'
const STRONG_MIN_LENGTH = 12
const STRONG_RULES: readonly (readonly [RegExp, string])[] = [
  [/[0-9]/, 'a digit'],
  [/[a-z]/, 'a lower-case letter'],
  [/[A-Z]/, 'an upper-case letter'],
  [/[!@#$%^&*()_+]/, `one of ${SYMBOLS}`],
]

/**
 * What is wrong with a password, as sentences for the person who chose it; empty when it may be used. Length counts
 * characters (code points after NFC), not bytes.
 */
export async function passwordFaults(
  config: Config,
  chosen: string,
  owner: PasswordOwner,
): Promise<string[]> {
  const password = normalizePassword(chosen)
  if (password === '') return ['The password is empty']
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return [`The password is longer than ${MAX_PASSWORD_BYTES} bytes`]
  }
  if (/\p{Surrogate}/u.test(password)) return ['The password contains half a character']
  const faults = [...shapeFaults(config, password), ...nameFaults(password, owner)]
  if (config.auth.commonPasswordCheck && (await isCommonPassword(password))) {
    faults.push('This password is on lists of leaked passwords: choose another')
  }
  return faults
}

function shapeFaults(config: Config, password: string): string[] {
  const { passwordMinLength, strongPasswords } = config.auth
  const minLength = strongPasswords ? Math.max(passwordMinLength, STRONG_MIN_LENGTH) : passwordMinLength
  const missing = strongPasswords
    ? STRONG_RULES.filter(([pattern]) => !pattern.test(password)).map(([, words]) => words)
    : []
  const faults: string[] = []
  if ([...password].length < minLength) faults.push(`The password needs at least ${minLength} characters`)
  if (missing.length > 0) faults.push(`The password needs ${missing.join(', ')}`)
  return faults
}

function nameFaults(password: string, { username, email }: PasswordOwner): string[] {
  const names = [username, email, email?.split('@')[0]].map((name) => fold(name ?? ''))
  const folded = fold(password)
  return names.includes(folded) ? ['The password must not be your name or your e-mail address'] : []
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()
