/** Sentences for the codes that may stand in the address of the login page. Unknown codes show nothing. */

const MESSAGES: Record<string, string> = {
  password_reset: 'Your password was changed. Sign in with the new one.',
  logged_out: 'You are signed out.',
}

const ERRORS: Record<string, string> = {
  session_expired: 'Your session has ended. Sign in again.',
}

const own = (table: Record<string, string>, code: string | undefined) =>
  code !== undefined && Object.hasOwn(table, code) ? (table[code] as string) : null

/** The sentence of a known `?message=` code, or null. */
export function messageOf(code: string | undefined): string | null {
  return own(MESSAGES, code)
}

/** The sentence of a known `?error=` code, or null. */
export function errorOf(code: string | undefined): string | null {
  return own(ERRORS, code)
}
