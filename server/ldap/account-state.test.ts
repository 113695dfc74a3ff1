import { expect, test } from 'vitest'
import { bindRefusal, directoryState, hasLockEnded, temporaryLock } from './account-state'

const NOW = new Date('2026-11-21T12:00:00Z')
/** 2026-11-21T11:00:00Z and 13:00 in steps of 100 ns since 1601. */
const AN_HOUR_AGO = '134397324000000000'
const IN_AN_HOUR = '134397396000000000'

test.each([
  ['an account of Active Directory in use', { userAccountControl: '512' }, null],
  ['a disabled one', { userAccountControl: '514' }, 'directory-disabled'],
  ['a disabled one whose password never ends', { userAccountControl: '66050' }, 'directory-disabled'],
  [
    'a locked one, which only the computed attribute tells',
    { userAccountControl: '512', 'msDS-User-Account-Control-Computed': '16' },
    'directory-locked',
  ],
  [
    'one whose password has expired: it is in use',
    { userAccountControl: '512', 'msDS-User-Account-Control-Computed': '8388608' },
    null,
  ],
  ['one that ended an hour ago', { accountExpires: AN_HOUR_AGO }, 'directory-expired'],
  ['one that ends in an hour', { accountExpires: IN_AN_HOUR }, null],
  ['one that never ends', { accountExpires: '9223372036854775807' }, null],
  ['one that never ends, in the other way', { accountExpires: '0' }, null],
  [
    'an account of OpenLDAP that is locked for good',
    { pwdAccountLockedTime: '000001010000Z' },
    'directory-locked',
  ],
  ['one locked after wrong passwords, which may be over', { pwdAccountLockedTime: '20261121115500Z' }, null],
  ['an account of 389 that is locked', { nsAccountLock: 'TRUE' }, 'directory-disabled'],
  ['the same in other letters', { nsaccountlock: ['true'] }, 'directory-disabled'],
  ['one of 389 that was unlocked', { nsAccountLock: 'false' }, null],
  ['one of whom nothing is said', { pwdAccountLockedTime: [], nsAccountLock: [] }, null],
  ['values that are bytes', { userAccountControl: Buffer.from('514') }, 'directory-disabled'],
  ['nonsense', { userAccountControl: 'many', accountExpires: 'never' }, null],
])('%s', (_, entry, expected) => {
  expect(directoryState({ dn: 'cn=x', ...entry }, NOW)).toBe(expected)
})

test('a lock after wrong passwords is known by its time and its policy', () => {
  const pwdPolicySubentry = 'cn=policy,dc=example,dc=com'
  const lock = temporaryLock({ dn: 'cn=x', pwdAccountLockedTime: '20261121115500Z', pwdPolicySubentry })
  expect(lock).toEqual({ at: new Date('2026-11-21T11:55:00Z'), policyDn: pwdPolicySubentry })
  expect(temporaryLock({ dn: 'cn=x', pwdAccountLockedTime: '000001010000Z' })).toBeNull()
  expect(temporaryLock({ dn: 'cn=x' })).toBeNull()
})

test.each([
  [0, false],
  [299, true],
  [300, true],
  [301, false],
])('a lock of five minutes ago by a policy of %i seconds is over: %s', (seconds, over) => {
  expect(hasLockEnded({ at: new Date('2026-11-21T11:55:00Z') }, seconds, NOW)).toBe(over)
})

const ad = (data: string) =>
  `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v2580 Code: 0x31`

test.each([
  [49, ad('525'), 'directory-unknown'],
  [49, ad('52e'), 'wrong-password'],
  [49, ad('530'), 'not-now'],
  [49, ad('531'), 'not-from-here'],
  [49, ad('532'), 'password-expired'],
  [49, ad('533'), 'directory-disabled'],
  [49, ad('701'), 'directory-expired'],
  [49, ad('773'), 'must-change-password'],
  [49, ad('775'), 'directory-locked'],
  [49, ad('999'), 'wrong-password'],
  [49, 'Invalid Credentials', 'wrong-password'],
  [53, 'Account inactivated. Contact system administrator.', 'directory-disabled'],
  [19, 'Exceed password retry limit. Please try later.', 'directory-locked'],
  [49, 'password expired!', 'password-expired'],
])('error %i "%s" is the refusal of a person: %s', (code, message, expected) => {
  expect(bindRefusal({ code, message })).toBe(expected)
})

test.each([
  ['a server that is busy', { code: 51, message: 'Busy' }],
  ['a server that wants encryption', { code: 8, message: 'BindSimple: Transport encryption required.' }],
  ['a server that refuses binds altogether', { code: 53, message: 'unauthenticated bind disallowed' }],
  ['an error of the connection', { code: 'ECONNRESET', message: 'read ECONNRESET' }],
  ['an error without a code', { message: 'data 533' }],
])('%s is no refusal of a person', (_, error) => {
  expect(bindRefusal(error)).toBeNull()
})
