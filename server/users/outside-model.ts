/** Accounts that an authority outside vouches for: an identity provider, or a directory. */
import type { AuditDetails } from '#server/audit/entry'
import type { Session } from '#server/auth/sessions'
import type { Role } from '#server/permissions'
import type { User } from '#server/users/find'

/** What an authority says about somebody it let in. */
export interface Vouched {
  method: 'OAUTH2' | 'LDAP'
  /** Sanitised; null when nothing is said: an account that is there keeps its own. */
  email: string | null
  /** The role that an account which is there gets; null keeps what it has. */
  role: Role | null
  /** The role of an account that is made now. */
  roleOfNewcomer: Role
  /** Names for a newcomer, the best first; whoever has an account keeps the name. */
  names: readonly (string | null | undefined)[]
  /** What is appended to a name that is taken. */
  suffix: () => string
  /** The address of a picture; left out, the account's stays as it is. */
  pictureUrl?: string | null
  /** What ties the account to the authority, written for newcomers and for accounts that were found. */
  ties: Partial<Pick<User, 'oauth2ClientId' | 'oauth2UserId' | 'ldapUniqueId'>>
  /** What to call somebody in the record of a refusal, where there may be no account. */
  shown?: string
  /** Further facts for the audit log. */
  details?: AuditDetails
}

/** Why somebody whom an authority vouches for does not come in. */
export type OutsideRefusal =
  /** Another account has the address. */
  | 'email-in-use'
  /** The address or the name was blocked when its account was deleted. */
  | 'blocked'
  | 'disabled'
  /** No account, and none is made. */
  | 'sign-up-closed'
  /** The account belongs to somebody else at the same authority. */
  | 'other-identity'
  /** The account signs in another way. */
  | 'other-method'
  /** Nobody is known by the identity, and the provider does not vouch for the address. */
  | 'email-unverified'
  /** An account was made for the address, and the provider makes accounts of its own. */
  | 'waits-for-address'

/** What looking for the account came to. */
export type Found = { user: User } | 'create' | { refused: OutsideRefusal; userId?: number }

/** How a sign-in ended. */
export type OutsideOutcome =
  | {
      session: Session
      user: User
      isNew: boolean
      /** Whether the account kept its role against the authority's word: the last admin does. */
      keptRole: boolean
    }
  | { refused: OutsideRefusal; userId: number | null }
