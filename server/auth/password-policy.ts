/** What may become a password. Asked when one is chosen, never at sign-in. */
import { isCommonPassword } from '#server/auth/common-passwords'
import {
  MAX_PASSWORD_BYTES,
  normalizePassword,
  type PasswordRules,
  passwordHints,
} from '#server/auth/password-model'
import type { Config } from '#server/config/model'

export { passwordHints } from '#server/auth/password-model'

/** Whom the password is for: it must not be one of these names. */
export type PasswordOwner = Pick<PasswordRules, 'username' | 'email'>

/**
 * What is wrong with a password, as sentences for the person who chose it; empty when it may be used. Only here is it
 * compared with the list of leaked passwords, which no browser has.
 */
export async function passwordFaults(
  config: Config,
  chosen: string,
  { username, email }: PasswordOwner,
): Promise<string[]> {
  const password = normalizePassword(chosen)
  if (password === '') return ['The password is empty']
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return [`The password is longer than ${MAX_PASSWORD_BYTES} bytes`]
  }
  const { passwordMinLength: minLength, strongPasswords: strong, commonPasswordCheck } = config.auth
  const missing = passwordHints(password, { username, email, minLength, strong })
  const faults = missing.length > 0 ? [`The password needs ${missing.join(', ')}`] : []
  if (commonPasswordCheck && (await isCommonPassword(password))) {
    faults.push('This password is on lists of leaked passwords: choose another')
  }
  return faults
}
