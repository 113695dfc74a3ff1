/** What the audit log tells of, in words for people. No imports, so that pages may use it. */

/** A kind of event: what it says when it was done, and when it was tried in vain (null where that is not recorded). */
interface ActionWords {
  success: string | null
  failure: string | null
}

/**
 * Everything that can be on record. A new security event gets its line here first: `recordEvent` takes no other, and a
 * test asks that something in the program records it.
 */
export const AUDIT_ACTIONS = {
  'session.login': { success: 'Signed in', failure: 'Could not sign in' },
  'session.refresh': { success: 'Renewed a session', failure: 'Could not renew a session' },
  'session.logout': { success: 'Signed out everywhere', failure: null },
  'session.end': { success: 'Ended sessions', failure: null },
  'session.expire': { success: 'Sessions ran out', failure: null },
  'credential.refuse': { success: null, failure: 'Showed a token or key that is not good' },
  'permission.refuse': { success: null, failure: 'Was refused for want of a right' },
  'limit.refuse': { success: null, failure: 'Came more often than a limit allows' },
  'account.lock': { success: null, failure: 'Locked after failed sign-ins' },
  'user.create': { success: 'Made an account', failure: null },
  'user.rename': { success: 'Renamed an account', failure: 'Could not rename an account' },
  'user.changeRole': { success: 'Changed a role', failure: 'Could not change a role' },
  'user.changeEmail': { success: 'Took over a new e-mail address', failure: null },
  'user.changePassword': {
    success: 'Changed the own password',
    failure: 'Could not change the own password',
  },
  'user.resetPassword': { success: 'Set a new password', failure: 'Could not set a new password' },
  'passwordReset.request': { success: 'Asked for a reset link', failure: 'Asked for a reset link in vain' },
  'passwordReset.complete': {
    success: 'Set a password with a mailed link',
    failure: 'Could not set a password with a mailed link',
  },
  'mail.send': { success: 'Sent a mail', failure: 'Could not send a mail' },
  'user.disable': { success: 'Disabled an account', failure: 'Could not disable an account' },
  'user.enable': { success: 'Enabled an account', failure: 'Could not enable an account' },
  'user.delete': { success: 'Deleted an account', failure: 'Could not delete an account' },
  'identity.link': { success: 'Tied an account to an identity elsewhere', failure: null },
  'identity.block': { success: 'Blocked an address', failure: null },
  'identity.lift': { success: 'Let a blocked address back in', failure: null },
  'apiKey.create': { success: 'Made an API key', failure: null },
  'apiKey.rotate': { success: 'Gave an API key a new value', failure: null },
  'apiKey.endPrevious': { success: 'Ended the grace of an old key value', failure: null },
  'apiKey.delete': { success: 'Deleted an API key', failure: null },
  'secret.set': { success: 'Set secrets', failure: null },
  'secret.delete': { success: 'Deleted secrets', failure: null },
  'secret.reveal': { success: 'Read the values of secrets', failure: null },
  'secret.rotate': { success: 'Encrypted what is stored under the new secret', failure: null },
  'signInProvider.test': { success: 'Asked an identity provider what it offers', failure: null },
  'signInProvider.create': { success: 'Added an identity provider', failure: null },
  'signInProvider.update': { success: 'Changed an identity provider', failure: null },
  'signInProvider.order': { success: 'Ordered the identity providers', failure: null },
  'signInProvider.delete': { success: 'Deleted an identity provider', failure: null },
  'directory.compare': {
    success: 'Had accounts disabled as the directory says, however many',
    failure: null,
  },
  'audit.export': { success: 'Exported the audit log', failure: null },
  'audit.erase': { success: 'Erased personal data from the audit log', failure: null },
  'auditChain.startOver': { success: 'Began the audit log anew: it had been removed', failure: null },
  'auditChain.wrapKey': { success: 'Began the audit log under an encrypted key', failure: null },
  'auditChain.newKey': { success: 'Began the audit log under a new key', failure: null },
} as const satisfies Record<string, ActionWords>

/** What may be recorded: `noun.verb`. */
export type AuditAction = keyof typeof AUDIT_ACTIONS

export const AUDIT_ACTION_NAMES = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]]

export const OUTCOMES = ['success', 'failure'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Why something failed, in people's words; a reason that is not here speaks for itself. */
export const REASON_WORDS: Readonly<Record<string, string>> = {
  'unknown-user': 'no account has this address',
  'not-local': 'the account does not sign in with a password',
  disabled: 'the account is disabled',
  'wrong-password': 'the password was wrong',
  'no-address': 'the account has no address that can receive mail',
  unknown: 'no such link, or a newer one took its place',
  used: 'it was used before',
  'no-tls': 'the mail server offers no encryption',
  certificate: 'the certificate of the mail server was not accepted',
  credentials: 'the mail server refused the credentials',
  'unknown-host': 'the name of the mail server is not known',
  timeout: 'the mail server did not answer in time',
  refused: 'the mail server refused it',
  unreachable: 'the mail server could not be reached',
  'changed-meanwhile': 'the account was changed at that moment',
  empty: 'the address or the password was empty',
  busy: 'too many passwords were being checked',
  locked: 'locked after failed sign-ins',
  'switched-off': 'signing in with a password is switched off',
  flood: 'one entry for many like it',
  missing: 'nothing was sent along',
  malformed: 'no token of this server',
  scheme: 'no bearer',
  algorithm: 'not signed the way this server signs',
  signature: 'signed with another secret',
  'wrong-kind': 'a token for something else',
  revoked: 'it was ended or deleted',
  forged: 'not the text that was handed out',
  rotated: 'the value from before a rotation',
  expired: 'its time was over',
  reused: 'it had been used before: its session was ended',
  scope: 'the key was not made for that',
  'insufficient-role': 'the role does not allow it',
  'wrong-credential': 'not with this kind of credential',
  'must-reset': 'the password had to be changed first',
  'email-in-use': 'another account has the e-mail address',
  blocked: 'the address or name was blocked when its account was deleted',
  'sign-up-closed': 'there is no account, and none is made at a sign-in',
  'other-identity': 'the account belongs to another identity',
  'other-method': 'the account signs in another way',
  'email-unverified': 'the identity provider does not vouch for the e-mail address',
  'waits-for-address': 'an account waits for the address, and cannot be claimed where people may sign up',
  'no-email': 'the identity provider named no e-mail address',
  group: 'none of the groups is allowed in',
  role: 'no role that is known here',
  state: 'the sign-in did not begin in that browser',
  token: 'the token of the identity provider was not believed',
  provider: 'the identity provider gave no usable answer',
  'directory-unknown': 'the directory does not know the account',
  ambiguous: 'the directory has several people of this name',
  'no-group': 'no group of theirs is mapped to a role',
  'no-mail-attribute': 'their entry in the directory has no e-mail address',
  'no-unique-id': 'their entry in the directory has no unique id',
  'not-a-name': 'what was typed cannot be a name',
  'not-a-password': 'the name or the password was longer than any, or held a NUL',
  'directory-away': 'no host of the directory answered',
  'directory-disabled': 'the account is disabled in the directory',
  'directory-locked': 'the account is locked in the directory',
  'directory-expired': 'the account has expired in the directory',
  'password-expired': 'the password has expired in the directory',
  'must-change-password': 'the password must be changed in the directory first',
  'not-now': 'the directory does not let the account in at this hour',
  'not-from-here': 'the directory does not let the account in from this machine',
  'built-in': 'a built-in account',
  'own-account': 'the own account',
  'last-admin': 'the last admin who can sign in',
}

/** What an event of this kind is called; an action of another version of the program by its name. */
export function sentenceOf(action: string, outcome: Outcome): string {
  const words: ActionWords | undefined = Object.hasOwn(AUDIT_ACTIONS, action)
    ? AUDIT_ACTIONS[action as AuditAction]
    : undefined
  return words?.[outcome] ?? words?.success ?? words?.failure ?? action
}

/** One entry as REST, the page and the exports show it. */
export interface AuditEntry {
  /** Its place in the chain, from 1, without gaps. */
  number: number
  /** ISO 8601, UTC. */
  at: string
  action: string
  outcome: Outcome
  /** One word for machines; null for what succeeded. */
  reason: string | null
  /** Who asked: `session`, `userKey`, `systemKey`, `adminSecret`, `anonymous`, `server`, `commandLine`. */
  actor_kind: string
  /** `User:3`; null for nobody. */
  actor: string | null
  actor_name: string | null
  /** `ApiKey:7`, `AccessToken:12`: what was shown. */
  credential: string | null
  /** `User:3`, `ApiKey:9`: what it was done to. */
  target: string | null
  target_name: string | null
  address: string | null
  user_agent: string | null
  details: Record<string, unknown>
  /** Whether the names and addresses have been erased. */
  erased: boolean
  hash: string
}

/** A page of entries, newest first. */
export interface AuditPage {
  data: AuditEntry[]
  /**
   * Where older entries go on; null at the end. A search that finds little may answer a page that is not full, or
   * empty, with a cursor: it has looked at as many entries as one request may.
   */
  next_cursor: string | null
}
