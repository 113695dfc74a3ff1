import { describe, expect, test } from 'vitest'
import { canonicalDn, isDn } from '#server/ldap/dn'

describe('one name, written in two ways', () => {
  test.each([
    ['capitals', 'CN=Admins,DC=Example,DC=COM', 'cn=admins,dc=example,dc=com'],
    ['blanks around the marks', 'CN = Admins , DC= example,DC =com', 'CN=Admins,DC=example,DC=com'],
    ['blanks within a value', 'CN=The   Admins,DC=x', 'CN=The Admins,DC=x'],
    ['a comma escaped as itself and as a number', 'CN=Smith\\, Jo,DC=x', 'CN=Smith\\2C Jo,DC=x'],
    ['small and large digits of an escape', 'CN=a\\2cb,DC=x', 'CN=a\\2Cb,DC=x'],
    ['letters as UTF-8 in escapes', 'CN=Zo\\C3\\AB,DC=x', 'CN=Zoë,DC=x'],
    ['a letter in one piece and in two', 'CN=Zoe\u0308,DC=x', 'CN=Zo\u00eb,DC=x'],
    ['an escaped blank at the ends', 'CN=\\ a\\ ,DC=x', 'CN=a,DC=x'],
    ['other characters escaped without need', 'CN=a\\=b\\#c,DC=x', 'CN=a=b#c,DC=x'],
    ['parts of one name in another order', 'CN=a+UID=b,DC=x', 'UID=b + CN=a,DC=x'],
    ['an attribute by its number', '2.5.4.3=a,OID.0.9.2342.19200300.100.1.25=x', 'CN=a,DC=x'],
    ['an attribute by its long name', 'commonName=a,organizationalUnitName=b', 'CN=a,OU=b'],
    ['the form in bytes', 'CN=#04024869,DC=x', 'CN=Hi,DC=x'],
    ['the old form in quotes', 'CN="Smith, Jo",DC=x', 'CN=Smith\\, Jo,DC=x'],
  ])('%s', (_, one, other) => {
    expect(canonicalDn(one)).not.toBeNull()
    expect(canonicalDn(one)).toBe(canonicalDn(other))
  })
})

describe('two names that look alike', () => {
  test.each([
    ['an escaped comma is no border', 'CN=a\\,DC=b,DC=x', 'CN=a,DC=b,DC=x'],
    ['an escaped plus joins nothing', 'CN=a\\+UID=b', 'CN=a+UID=b'],
    ['another order of the places', 'OU=a,OU=b', 'OU=b,OU=a'],
    ['a place more', 'CN=Admins,DC=x', 'CN=Admins,OU=Evil,DC=x'],
    ['no blank is not one blank', 'CN=TheAdmins', 'CN=The Admins'],
    ['letters of another script', 'CN=Admins', 'CN=Аdmins'],
    ['a NUL at the end', 'CN=Admins', 'CN=Admins\\00'],
    ['another attribute', 'CN=a', 'OU=a'],
    ['text that imitates our own form', 'CN=a"\\]\\,["ou"\\,"b', 'CN=a,OU=b'],
  ])('%s', (_, one, other) => {
    expect(canonicalDn(one)).not.toBe(canonicalDn(other))
  })
})

test.each([
  'Admins',
  '=a',
  'CN',
  'CN=a,,DC=x',
  'CN=a,',
  'CN=a;DC=x',
  'CN=a\\zz',
  'CN=a\\',
  'C N=a',
  'CN=#0',
  'CN=a"b',
  '1.2.=a',
])('%j is no name', (text) => {
  expect([canonicalDn(text), isDn(text)]).toEqual([null, false])
})

test('the root of a directory is a name', () => {
  expect(isDn('')).toBe(true)
})
