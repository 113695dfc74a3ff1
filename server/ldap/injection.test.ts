/** What people type into the sign-in form is never more than a value: judged by the filter that slapd has logged. */
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Deadline } from '#server/ldap/deadline'
import { escapeFilterValue } from '#server/ldap/filters'
import { askDirectory } from '#server/ldap/look-up'
import {
  escapeDnValue,
  GROUPS,
  ldapSettings,
  PEOPLE,
  PERSON_PASSWORD,
  type Slapd,
  startSlapd,
} from '../../test/slapd'

let slapd: Slapd
beforeAll(async () => {
  slapd = await startSlapd({
    people: [
      { uid: 'ada', mail: 'ada@example.com' },
      // An entry whose attributes are themselves attacks, on the filter of groups and on DNs.
      { uid: 'mallory*)(uid=*', mail: 'm@example.com', displayName: '*)(cn=*' },
      { uid: 'x,ou=people', mail: 'x@example.com', displayName: 'cn=admins' },
    ],
    groups: { admins: ['ada'] },
    posixGroups: { users: ['ada'], '*': ['somebody'] },
  })
}, 60_000)
afterAll(() => slapd?.stop())

const ask = (username: string, overrides = {}, password = PERSON_PASSWORD) =>
  askDirectory({
    ldap: ldapSettings(slapd, overrides),
    log: pino({ level: 'silent' }),
    deadline: new Deadline(10_000),
    username,
    password,
  })

/** The filters of all searches since the last call. */
const filters = async () =>
  (await slapd.takeLog()).flatMap((line) => / SRCH base=.* filter="(.*)"$/.exec(line)?.[1] ?? [])
/** The names of all binds since the last call. */
const binds = (log: string[]) => log.flatMap((line) => / BIND dn="(.*)" method=/.exec(line)?.[1] ?? [])

/** A value as slapd writes it: what could be taken for syntax as `\xx`, and whatever is no printable ASCII. */
const logged = (value: string) =>
  [...Buffer.from(value, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      const isPlain = byte >= 0x20 && byte < 0x7f && !/[\\*()]/.test(char)
      return isPlain ? char : `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

const ATTACKS: [string, string][] = [
  ['everybody', '*'],
  ['the beginning of a name', 'a*'],
  ['the end of the filter', 'ada)'],
  ['a filter behind the filter', 'ada)(objectClass=*'],
  ['a choice', 'x)(|(uid=ada'],
  ['a filter that is always true', '*)(&'],
  ['a comment of other languages', 'ada)(&)) --'],
  ['an escape, spelled out', '\\2a'],
  ['a backslash', 'ada\\'],
  ['an escape cut short', 'ada\\2'],
  ['brackets alone', ')('],
  ['a star of another width', '＊'],
  ['brackets of another width', 'ada）（uid=＊'],
  ['a letter of another script', 'аda'],
  ['a letter in two pieces', 'ada\u0301'],
  ['text that runs backwards', '\u202eada'],
  ['half a surrogate pair', 'ada\ud800'],
  ['bytes that were no UTF-8', Buffer.from([0x61, 0xff, 0xfe]).toString('utf8')],
  ['a DN', `uid=ada,${PEOPLE}`],
  ['characters of DNs', 'ada,+"\\<>;=#'],
  ['an attribute', 'ada)(userPassword=*'],
  ['a rule', 'ada:caseExactMatch:=x'],
  ['a percent sign and its letter', '%s'],
  ['a NUL', 'ada\0'],
  ['a NUL between', 'a\0)(uid=*'],
  ['a long name', `${'a'.repeat(200)}*)(uid=*`],
]

describe('in the filter of people', () => {
  test.each(ATTACKS)('%s is one value of one search, and nobody', async (_, attack) => {
    await slapd.takeLog()
    const verdict = await ask(attack)
    expect(verdict).toMatchObject({ person: null, refused: 'directory-unknown' })
    expect(await filters()).toEqual([
      // slapd marks a comparison that no entry can pass with a question mark, as for half a letter.
      expect.stringMatching(/^\(&\(objectClass=inetOrgPerson\)\(\??uid=[^()*]*\)\)$/),
    ])
  })

  test.each(ATTACKS.filter(([, attack]) => /^[\x20-\x7e]+$/.test(attack)))(
    '%s arrives as it was typed',
    async (_, attack) => {
      await slapd.takeLog()
      await ask(attack)
      const value = logged(attack).toLowerCase()
      expect((await filters()).map((one) => one.toLowerCase())).toEqual([
        `(&(objectclass=inetorgperson)(uid=${value}))`,
      ])
    },
  )

  test('10 kB are one value as well, for whoever comes past the limit of a name', async () => {
    await slapd.takeLog()
    await ask(`${'*)('.repeat(3_400)}`)
    const searches = (await slapd.takeLog()).filter((line) => line.includes(' SRCH base='))
    expect(searches).toHaveLength(1)
    // slapd cuts long lines off.
    const value = /filter="\(&\(objectClass=inetOrgPerson\)\(uid=(.*)$/.exec(searches[0] as string)?.[1] ?? ''
    expect(value.length).toBeGreaterThan(3_000)
    expect(value.replace(/\\2A\\29\\28/gi, '').length).toBeLessThan(10)
  })
})

describe('in the filter of groups', () => {
  const groupSearch = {
    filter: '(&(objectClass=posixGroup)(memberUid=%s))',
    bases: [GROUPS],
    userAttribute: null,
  }
  const everybody = [{ group: '*', key: '*', role: 'VIEWER' as const }]

  /** As `memberUid=%s` has to look in the log; null where slapd writes letters in a way of its own. */
  const expected = (attack: string) => (/^[\x20-\x7e]+$/.test(attack) ? logged(attack) : null)

  const isSearched = (attack: string) => !/\p{Cc}/u.test(attack)

  test.each(ATTACKS.filter(([, attack]) => !isSearched(attack)))(
    '%s is not searched for',
    async (_, attack) => {
      await slapd.takeLog()
      const userFilter = '(|(uid=ada)(uid=%s))'
      expect(await ask(attack, { userFilter, groupSearch })).toMatchObject({ refused: 'no-group' })
      expect(await filters()).toHaveLength(1)
    },
  )

  test.each(ATTACKS.filter(([, attack]) => isSearched(attack)))(
    '%s is one value of one search for groups',
    async (_, attack) => {
      // Somebody is found whatever is typed, so that what is typed goes on to the groups.
      const userFilter = '(|(uid=ada)(uid=%s))'
      const roleMappings = ldapSettings(slapd).roleMappings
      await slapd.takeLog()
      const verdict = await ask(attack, { userFilter, groupSearch, roleMappings })
      expect(verdict).toMatchObject({ person: { dn: slapd.dnOf('ada') }, refused: 'no-group' })
      const [, groups = '', ...others] = await filters()
      expect(others).toEqual([])
      const value = /^\(&\(objectClass=posixGroup\)\(\??memberUid=([^()*]*)\)\)$/.exec(groups)?.[1]
      expect(value).toBeDefined()
      expect(value?.toLowerCase()).toBe(expected(attack)?.toLowerCase() ?? value?.toLowerCase())
    },
  )

  test('an attribute of the entry is a value too', async () => {
    const byName = { ...groupSearch, userAttribute: 'displayName' }
    const verdict = await ask('mallory*)(uid=*', { groupSearch: byName, roleMappings: everybody })
    expect(verdict.refused).toBeNull()
    expect(await filters()).toContain('(&(objectClass=posixGroup)(memberUid=\\2A\\29\\28cn=\\2A))')
  })

  test('and gives no group of others', async () => {
    const roleMappings = ldapSettings(slapd).roleMappings
    const byName = { ...groupSearch, filter: '(memberUid=%s)', userAttribute: 'displayName' }
    expect(await ask('mallory*)(uid=*', { groupSearch: byName, roleMappings })).toMatchObject({
      refused: 'no-group',
    })
  })
})

describe('in DNs', () => {
  test('a name with the marks of DNs binds as its own entry', async () => {
    await slapd.takeLog()
    const everybody = [{ group: '*', key: '*', role: 'VIEWER' as const }]
    const verdict = await ask('x,ou=people', { roleMappings: everybody })
    expect(verdict.person?.dn.toLowerCase()).toBe(`uid=x\\2cou\\3dpeople,${PEOPLE}`.toLowerCase())
    expect(verdict.refused).toBeNull()
  })

  test.each(ATTACKS)('%s binds as nobody', async (_, attack) => {
    await slapd.takeLog()
    await ask(attack)
    const [service, nobody, ...others] = binds(await slapd.takeLog()).filter(
      (dn, n, all) => all.indexOf(dn) === n,
    )
    expect([service, others]).toEqual(['cn=service,dc=example,dc=com', []])
    expect(nobody).toMatch(/^cn=[0-9a-f]{32},ou=people,dc=example,dc=com$/)
  })
})

test('escaping is that of RFC 4515, and leaves the rest alone', () => {
  expect(escapeFilterValue('a*b(c)d\\e\0f ë李')).toBe('a\\2ab\\28c\\29d\\5ce\\00f ë李')
  expect(escapeDnValue('a,b')).toBe('a\\,b')
})
