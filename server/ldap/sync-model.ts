/** What comparing accounts with the directory comes to. Browser-safe. */
import type { DirectoryState } from '#server/ldap/account-state'
import type { Role } from '#server/permissions'

/** Why the directory does not let somebody be here. */
export type NotLet = DirectoryState | 'directory-gone' | 'directory-no-role'

/** What the directory says of one account. */
export type Verdict =
  | { kind: 'let'; role: Role }
  | { kind: 'not-let'; why: NotLet }
  /** Several entries have its id, or nobody can say which one is meant: it stays as it is. */
  | { kind: 'unclear' }

/** How one comparison ended. Kept in the database and shown to admins: no names in it. */
export interface SyncReport {
  /** `stopped`: more accounts than usual would have been disabled, so nothing was done. */
  outcome: 'done' | 'stopped' | 'failed'
  /** Accounts that were compared. */
  compared: number
  disabled: number
  enabled: number
  changedRoles: number
  /** Last admins who kept their role or their account. */
  kept: number
  unclear: number
  /** Accounts that the directory does not let in and that would have been disabled. */
  wouldDisable: number
  /** What went wrong and what to do; null when nothing did. */
  fault: string | null
}

/** What stands at an account that the directory has disabled. */
export const NOT_LET_WORDS: Readonly<Record<NotLet, string>> = {
  'directory-disabled': 'Disabled in the directory',
  'directory-locked': 'Locked in the directory',
  'directory-expired': 'Expired in the directory',
  'directory-gone': 'Not found in the directory any more',
  'directory-no-role': 'In no group of the directory that has a role here',
}
