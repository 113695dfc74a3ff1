/**
 * What a directory says about the state of an account: in its entry, and in the refusal of a bind. Pure: the sync, the
 * test of the connection and signing in all ask here, so that they mean the same.
 */
import { type Entry, textsOf } from '#server/ldap/entry'

/** Why a directory does not let somebody use an account that is there. One word for machines. */
export type DirectoryState = 'directory-disabled' | 'directory-locked' | 'directory-expired'

/** Why a directory refused to bind somebody. */
export type BindRefusal =
  | DirectoryState
  | 'directory-unknown'
  | 'wrong-password'
  | 'password-expired'
  | 'must-change-password'
  | 'not-now'
  | 'not-from-here'

/** What `directoryState` reads. Directories leave out what they do not know, and some of it only comes when asked for. */
export const ACCOUNT_STATE_ATTRIBUTES = [
  // Active Directory. The second one is made when it is asked for, and knows of locks.
  'userAccountControl',
  'msDS-User-Account-Control-Computed',
  'accountExpires',
  // OpenLDAP with ppolicy.
  'pwdAccountLockedTime',
  'pwdPolicySubentry',
  // 389 Directory Server, FreeIPA.
  'nsAccountLock',
] as const

// [MS-ADTS] 2.2.16: bits of userAccountControl and of its computed sister.
const ACCOUNT_DISABLE = 0x2
const LOCKOUT = 0x10

/** What ppolicy writes for an account that an administrator has locked (draft-behera-ldap-password-policy 5.3.3). */
const LOCKED_FOR_GOOD = '000001010000Z'

/** 1601-01-01, where Active Directory's times begin, in milliseconds since 1970. */
const FILE_TIME_EPOCH_MS = -11_644_473_600_000
/** Both mean that an account never expires ([MS-ADA1] 2.1). */
const NEVER = [0n, 9_223_372_036_854_775_807n]

/** What keeps an account from being used, as its entry says; null when nothing does. Later words win over earlier ones. */
export function directoryState(entry: Entry, now: Date): DirectoryState | null {
  const control = flagsOf(entry, 'userAccountControl') | flagsOf(entry, 'msDS-User-Account-Control-Computed')
  const isLockedBy389 = textOf(entry, 'nsAccountLock')?.toLowerCase() === 'true'
  if (control & ACCOUNT_DISABLE || isLockedBy389) return 'directory-disabled'
  if (hasExpired(textOf(entry, 'accountExpires'), now)) return 'directory-expired'
  const isLocked = (control & LOCKOUT) !== 0 || textOf(entry, 'pwdAccountLockedTime') === LOCKED_FOR_GOOD
  return isLocked ? 'directory-locked' : null
}

/**
 * When OpenLDAP locked an account after wrong passwords; null for one that it did not. The mark stays when the lock is
 * over, until the next bind: `hasLockEnded` says whether it is.
 */
export function temporaryLock(entry: Entry): { at: Date; policyDn: string | null } | null {
  const text = textOf(entry, 'pwdAccountLockedTime')
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?Z$/.exec(text ?? '')
  if (!parts || text === LOCKED_FOR_GOOD) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0))
  return {
    at: new Date(Date.UTC(year, month - 1, day, hour, minute, second)),
    policyDn: textOf(entry, 'pwdPolicySubentry'),
  }
}

/** Whether such a lock is over. @param seconds pwdLockoutDuration of the policy; 0 is for good */
export function hasLockEnded({ at }: { at: Date }, seconds: number, now: Date): boolean {
  return seconds > 0 && at.getTime() + seconds * 1_000 <= now.getTime()
}

function flagsOf(entry: Entry, name: string): number {
  const text = textOf(entry, name)
  return text !== null && /^-?\d{1,10}$/.test(text) ? Number(text) : 0
}

function hasExpired(text: string | null, now: Date): boolean {
  if (text === null || !/^\d{1,19}$/.test(text)) return false
  const ticks = BigInt(text)
  return !NEVER.includes(ticks) && Number(ticks / 10_000n) + FILE_TIME_EPOCH_MS <= now.getTime()
}

const textOf = (entry: Entry, name: string) => textsOf(entry, name)[0] ?? null

/** Active Directory's sub-codes of error 49 ("data 533"), Windows error codes in hexadecimal digits. */
const SUB_CODES: Readonly<Record<string, BindRefusal>> = {
  '525': 'directory-unknown',
  '52e': 'wrong-password',
  '530': 'not-now',
  '531': 'not-from-here',
  '532': 'password-expired',
  '533': 'directory-disabled',
  '701': 'directory-expired',
  '773': 'must-change-password',
  '775': 'directory-locked',
}

/** What 389 Directory Server and FreeIPA say at the bind of an account that is locked. */
const SENTENCES: readonly [RegExp, BindRefusal][] = [
  [/account inactivated/i, 'directory-disabled'],
  [/(password )?retry limit/i, 'directory-locked'],
  [/account is locked/i, 'directory-locked'],
  [/password (has )?expired/i, 'password-expired'],
  [/principal (has )?expired|account (has )?expired/i, 'directory-expired'],
  [/must be (reset|changed)/i, 'must-change-password'],
]

/** Result codes of LDAP (RFC 4511 appendix A) by which a directory refuses one person and not the server. */
const INVALID_CREDENTIALS = 49
const REFUSING_CODES = [INVALID_CREDENTIALS, 53, 19]

/**
 * What the refusal of a person's bind means, read from the result code and the directory's own sentence, which is not
 * passed on. Null when it is no refusal of this person: trouble, for which another host may be asked.
 */
export function bindRefusal(error: { code?: unknown; message?: unknown }): BindRefusal | null {
  const code = typeof error.code === 'number' ? error.code : null
  if (code === null || !REFUSING_CODES.includes(code)) return null
  const message = typeof error.message === 'string' ? error.message : ''
  const subCode = /AcceptSecurityContext error, data ([0-9a-f]{1,8})\b/i.exec(message)?.[1]?.toLowerCase()
  const known = subCode === undefined ? undefined : SUB_CODES[subCode]
  if (known) return known
  const said = SENTENCES.find(([sentence]) => sentence.test(message))?.[1]
  return said ?? (code === INVALID_CREDENTIALS ? 'wrong-password' : null)
}
