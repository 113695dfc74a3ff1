/** What sign-in through a provider is about, in people's words. */
import type { ProviderView } from '#server/sso-providers/model'
import type { SignInDecision } from '#server/sso-providers/recent-model'

export const TOKEN_AUTH_WORDS: Readonly<Record<ProviderView['tokenAuth'], string>> = {
  client_secret_basic: 'secret in the header (client_secret_basic)',
  client_secret_post: 'secret in the form (client_secret_post)',
  none: 'no secret, a public client with PKCE (none)',
  client_assertion_jwt: 'an assertion from a file (client_assertion_jwt)',
}

/** Which rule decided, as a sentence. A rule that is not here speaks for itself. */
const RULE_WORDS: Readonly<Record<string, string>> = {
  'role-claim': 'The role claim names a role of this server.',
  'role-mapping': 'The role mapping has a line for the value of the role claim.',
  'default-role': 'No role path is set: newcomers get the default role.',
  'kept-role': 'The account keeps the role it had.',
  'no-role-claim': 'The role claim is missing or empty.',
  'unmapped-role': 'The value of the role claim is not in the role mapping.',
  'group-gate': 'None of the groups is one of the allowed groups.',
  'email-missing': 'No e-mail address was found at the path to it.',
  'email-unverified': 'The provider says that the e-mail address is not verified.',
  'email-in-use': 'Another account has the e-mail address.',
  'other-identity': 'The account with this address belongs to another identity of the provider.',
  'other-method': 'The account with this address signs in another way.',
  'waits-for-address':
    'An account was made for this address beforehand, which an address alone does not claim.',
  'sign-up-closed': 'There is no account yet, and sign-up is off for this provider.',
  blocked: 'The address was blocked when its account was deleted.',
  disabled: 'The account is disabled.',
  'last-admin': 'The role was kept: this is the last admin who can sign in.',
  token: 'The token of the provider was not good.',
}

/** The sentence of a decision. */
export function ruleSentence({ rule }: SignInDecision): string {
  return Object.hasOwn(RULE_WORDS, rule) ? (RULE_WORDS[rule] as string) : rule
}
