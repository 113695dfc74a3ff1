/** Sentences for the codes that may stand in the address of the sign-in pages. Unknown codes show nothing. */

const MESSAGES: Record<string, string> = {
  password_reset: 'Your password was changed. Sign in with the new one.',
  logged_out: 'You are signed out.',
}

const ERRORS: Record<string, string> = {
  session_expired: 'Your session has ended. Sign in again.',
  unknown_idp: 'This server has no such identity provider. Choose one of the ways below.',
  auth_failed:
    'The identity provider did not vouch for you, or you may not use this server. Try again, or ask an admin to look up why.',
  invalid_state:
    'This sign-in was begun in another tab or browser, or it took longer than 15 minutes. Sign in again.',
  unsafe_return_url: 'The page to go to after signing in is none of this server. Sign in again.',
  oauth_error:
    'The identity provider could not be reached, or it refused this server. Try again in a moment; an admin finds the reason in the log.',
  no_oidc_support:
    'The identity provider did not say who you are: it does not speak OpenID Connect with this server. Ask an admin.',
  missing_email_scope:
    'The identity provider did not send your e-mail address. Ask an admin to have it sent.',
  email_in_use:
    'An account with your e-mail address is there already and is not tied to this provider. If you have another way to sign in, use it; otherwise ask an admin.',
  sign_in_not_allowed: 'You have no account here, and none is made at sign-in. Ask an admin for one.',
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
