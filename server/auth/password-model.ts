/**
 * What a password must be, as far as it can be told without the list of leaked ones. Browser-safe: the server judges by
 * it, and a form tells by it what is still missing while somebody types.
 */

/** Longest password in bytes of UTF-8; longer ones are refused, never cut. */
export const MAX_PASSWORD_BYTES = 1024
const STRONG_MIN_LENGTH = 12
const SYMBOLS = '!@#$%^&*()_+'

/** Whom the password is for, and how demanding the server is. */
export interface PasswordRules {
  username: string
  email: string | null
  /** Least number of characters; the strong rules ask for 12 in any case. */
  minLength: number
  /** PHOENIX_ENABLE_STRONG_PASSWORD_POLICY. */
  strong: boolean
}

/** One demand, and whether the password meets it. */
export interface PasswordDemand {
  /** To be read after "The password needs": `at least 8 characters`. */
  words: string
  met: boolean
}

/** The form in which a password is judged and hashed: NFC, so that one keyboard's é is another's. */
export function normalizePassword(plain: string): string {
  return plain.normalize('NFC')
}

/**
 * Every demand in a fixed order, met or not, for a form that ticks them off. Length counts characters (code points
 * after NFC), not bytes.
 */
export function passwordDemands(chosen: string, rules: PasswordRules): PasswordDemand[] {
  const password = normalizePassword(chosen)
  const minLength = rules.strong ? Math.max(rules.minLength, STRONG_MIN_LENGTH) : rules.minLength
  const demands: [string, boolean][] = [
    [`at least ${minLength} characters`, [...password].length >= Math.max(minLength, 1)],
    ...(rules.strong ? strongDemands(password) : []),
    ['to differ from your name and your e-mail address', password !== '' && !isName(password, rules)],
  ]
  const size = new TextEncoder().encode(password).length
  if (size > MAX_PASSWORD_BYTES) demands.push([`at most ${MAX_PASSWORD_BYTES} bytes`, false])
  if (/\p{Surrogate}/u.test(password)) demands.push(['whole characters only', false])
  return demands.map(([words, met]) => ({ words, met }))
}

/** What is missing from a password, in words to be read after "The password needs"; empty when nothing is. */
export function passwordHints(chosen: string, rules: PasswordRules): string[] {
  return passwordDemands(chosen, rules)
    .filter(({ met }) => !met)
    .map(({ words }) => words)
}

function strongDemands(password: string): [string, boolean][] {
  return [
    ['a digit', /[0-9]/.test(password)],
    ['a lower-case letter', /[a-z]/.test(password)],
    ['an upper-case letter', /[A-Z]/.test(password)],
    [`one of ${SYMBOLS}`, /[!@#$%^&*()_+]/.test(password)],
  ]
}

function isName(password: string, { username, email }: PasswordRules): boolean {
  const names = [username, email, email?.split('@')[0]].map((name) => fold(name ?? ''))
  return names.includes(fold(password))
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()
