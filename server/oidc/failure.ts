/** How a sign-in at a provider can fail. */

/** What stands in the address of the page that people land on. */
export type SignInCode =
  | 'unknown_idp'
  | 'auth_failed'
  | 'invalid_state'
  | 'oauth_error'
  | 'no_oidc_support'
  | 'missing_email_scope'
  | 'email_in_use'
  | 'sign_in_not_allowed'

/** An expected end of a sign-in: a code for the page, a word for the audit log, a sentence for our own log. */
export class SignInFailure extends Error {
  readonly code: SignInCode
  readonly reason: string
  /** Whether it is among the last sign-ins that admins see. */
  isNoted = false

  /** @param sentence for operators; holds no secret, no token and no address */
  constructor(code: SignInCode, reason: string, sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.name = 'SignInFailure'
    this.code = code
    this.reason = reason
  }
}
