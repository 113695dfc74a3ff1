import { describe, expect, test } from 'vitest'
import { type ConfigError, describeConfig, parseConfig } from '#server/config'

const CANARY = 'canary-bind-password-0123456789'
const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: '7d1f0c5a9b3e2468ace013579bdf2468' }
const ADMINS = 'CN=Admins,OU=Groups,DC=example,DC=com'
const LDAP = {
  PHOENIX_LDAP_HOST: 'ldap.example.com',
  PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '["OU=People,DC=example,DC=com"]',
  PHOENIX_LDAP_ATTR_EMAIL: 'mail',
  PHOENIX_LDAP_ATTR_UNIQUE_ID: 'entryUUID',
  PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: `[{"group_dn": "${ADMINS}", "role": "admin"}]`,
}
const BIND = {
  PHOENIX_LDAP_BIND_DN: 'CN=svc,DC=example,DC=com',
  PHOENIX_LDAP_BIND_PASSWORD: CANARY,
}

const parse = (env: Record<string, string>) =>
  parseConfig({ ...AUTH, ...env }, { homedir: '/home/op', cwd: '/srv', readFile: () => `${CANARY}\n` })
const ldapOf = (env: Record<string, string>) => parse({ ...LDAP, ...env }).config.ldap
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    parse(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

test('there is no directory without a host', () => {
  expect(parse({ PHOENIX_LDAP_HOST: '' }).config.ldap).toBeNull()
})

test('what is not set has its default', () => {
  expect(ldapOf(BIND)).toEqual({
    hosts: ['ldap.example.com'],
    port: 389,
    tls: { mode: 'starttls', verify: true, caFile: null, certFile: null, keyFile: null },
    bind: { dn: 'CN=svc,DC=example,DC=com', password: CANARY },
    userBases: ['OU=People,DC=example,DC=com'],
    userFilter: '(&(objectClass=user)(sAMAccountName=%s))',
    attributes: { email: 'mail', displayName: 'displayName', memberOf: 'memberOf', uniqueId: 'entryUUID' },
    groupSearch: null,
    roleMappings: [{ group: ADMINS, key: expect.any(String), role: 'ADMIN' }],
    allowSignUp: true,
    maxConcurrent: 10,
    syncMinutes: 15,
  })
})

describe('ways of writing a value', () => {
  test.each<[string, Record<string, string>, object]>([
    [
      'hosts in their order',
      { PHOENIX_LDAP_HOST: ' b.example , ,a,10.0.0.1,[::1]' },
      { hosts: ['b.example', 'a', '10.0.0.1', '::1'] },
    ],
    ['the port of TLS from the start', { PHOENIX_LDAP_TLS_MODE: 'LDAPS' }, { port: 636 }],
    ['a port of one’s own', { PHOENIX_LDAP_TLS_MODE: 'ldaps', PHOENIX_LDAP_PORT: '3269' }, { port: 3269 }],
    [
      'bases between semicolons, one of which is escaped',
      { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: 'OU=A\\;B,DC=x; OU=C,DC=x' },
      { userBases: ['OU=A\\;B,DC=x', 'OU=C,DC=x'] },
    ],
    ['the root of the directory', { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '[""]' }, { userBases: [''] }],
    [
      'everybody',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn": "*", "role": "Viewer"}]' },
      { roleMappings: [{ group: '*', key: '*', role: 'VIEWER' }] },
    ],
    [
      'attributes that are not asked for',
      { PHOENIX_LDAP_ATTR_DISPLAY_NAME: '', PHOENIX_LDAP_ATTR_MEMBER_OF: ' ' },
      { attributes: { email: 'mail', displayName: null, memberOf: null, uniqueId: 'entryUUID' } },
    ],
    ...['', 'null', 'NULL', '""'].map((written): [string, Record<string, string>, object] => [
      `no addresses, written ${JSON.stringify(written)}`,
      { PHOENIX_LDAP_ATTR_EMAIL: written, PHOENIX_LDAP_ATTR_UNIQUE_ID: 'entryUUID' },
      {
        attributes: { email: null, displayName: 'displayName', memberOf: 'memberOf', uniqueId: 'entryUUID' },
      },
    ]),
    [
      'groups by a search',
      {
        PHOENIX_LDAP_GROUP_SEARCH_FILTER: '(member:1.2.840.113556.1.4.1941:=%s)',
        PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS: 'OU=Groups,DC=x',
        PHOENIX_LDAP_GROUP_SEARCH_FILTER_USER_ATTR: 'distinguishedName',
      },
      {
        groupSearch: {
          filter: '(member:1.2.840.113556.1.4.1941:=%s)',
          bases: ['OU=Groups,DC=x'],
          userAttribute: 'distinguishedName',
        },
      },
    ],
    [
      'a bind name of Windows',
      { ...BIND, PHOENIX_LDAP_BIND_DN: 'CORP\\svc' },
      { bind: { dn: 'CORP\\svc', password: CANARY } },
    ],
    [
      'a bind name like an address',
      { ...BIND, PHOENIX_LDAP_BIND_DN: 'svc@corp.local' },
      { bind: { dn: 'svc@corp.local', password: CANARY } },
    ],
    ['nobody searches', {}, { bind: null }],
    [
      'turns',
      { BENNU_LDAP_MAX_CONCURRENT: '3', BENNU_LDAP_SYNC_MINUTES: '0' },
      { maxConcurrent: 3, syncMinutes: 0 },
    ],
  ])('%s', (_, env, expected) => {
    expect(ldapOf(env)).toMatchObject(expected)
  })

  test('the password may lie in a file', () => {
    const { PHOENIX_LDAP_BIND_DN } = BIND
    const env = { PHOENIX_LDAP_BIND_DN, PHOENIX_LDAP_BIND_PASSWORD_FILE: '/run/secrets/ldap' }
    expect(ldapOf(env)?.bind?.password).toBe(CANARY)
  })
})

const GROUP_FILTER = { PHOENIX_LDAP_GROUP_SEARCH_FILTER: '(memberUid=%s)' }
const NO_MAIL = { PHOENIX_LDAP_ATTR_EMAIL: '', PHOENIX_LDAP_ATTR_UNIQUE_ID: 'entryUUID' }

describe('what is wrong is one sentence with the name and what to do', () => {
  test.each<[string, Record<string, string>, string, RegExp]>([
    ['commas alone', { PHOENIX_LDAP_HOST: ' , ' }, 'HOST', /no host/],
    ['a URL', { PHOENIX_LDAP_HOST: 'ldap://a' }, 'HOST', /"ldap:\/\/a" is not a host.*PHOENIX_LDAP_PORT/],
    ['a port behind the host', { PHOENIX_LDAP_HOST: 'a:389' }, 'HOST', /PHOENIX_LDAP_PORT/],
    ['a port that is none', { PHOENIX_LDAP_PORT: '0' }, 'PORT', /from 1 to 65535/],
    ['another TLS mode', { PHOENIX_LDAP_TLS_MODE: 'tls' }, 'TLS_MODE', /starttls, ldaps, none/],
    ['a word for a switch', { PHOENIX_LDAP_TLS_VERIFY: 'maybe' }, 'TLS_VERIFY', /true nor false/],
    [
      'authorities that are none',
      { PHOENIX_LDAP_TLS_CA_CERT_FILE: '/ca' },
      'TLS_CA_CERT_FILE',
      /holds no certificates/,
    ],
    [
      'a bind name alone',
      { PHOENIX_LDAP_BIND_DN: 'CN=svc' },
      'BIND_PASSWORD',
      /missing, and PHOENIX_LDAP_BIND_DN is set/,
    ],
    [
      'a bind password alone',
      { PHOENIX_LDAP_BIND_PASSWORD: CANARY },
      'BIND_DN',
      /missing, and PHOENIX_LDAP_BIND_PASSWORD/,
    ],
    [
      'a bind name that is none',
      { ...BIND, PHOENIX_LDAP_BIND_DN: 'svc' },
      'BIND_DN',
      /no distinguished name/,
    ],
    ['no bases', { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '' }, 'USER_SEARCH_BASE_DNS', /missing.*Say where/],
    ['an empty list', { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '[]' }, 'USER_SEARCH_BASE_DNS', /no list of DNs/],
    [
      'a list of numbers',
      { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '[1]' },
      'USER_SEARCH_BASE_DNS',
      /no list of DNs/,
    ],
    [
      'broken JSON',
      { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '["OU=A"' },
      'USER_SEARCH_BASE_DNS',
      /no list of DNs/,
    ],
    [
      'a base that is no DN',
      { PHOENIX_LDAP_USER_SEARCH_BASE_DNS: 'People' },
      'USER_SEARCH_BASE_DNS',
      /"People" is no distinguished/,
    ],
    [
      'a filter without a place',
      { PHOENIX_LDAP_USER_SEARCH_FILTER: '(uid=ada)' },
      'USER_SEARCH_FILTER',
      /holds no %s/,
    ],
    [
      'an open bracket',
      { PHOENIX_LDAP_USER_SEARCH_FILTER: '(&(uid=%s)' },
      'USER_SEARCH_FILTER',
      /no LDAP filter/,
    ],
    [
      'the place of an attribute',
      { PHOENIX_LDAP_USER_SEARCH_FILTER: '(%s=ada)' },
      'USER_SEARCH_FILTER',
      /Put it behind the =/,
    ],
    ['an attribute of two words', { PHOENIX_LDAP_ATTR_EMAIL: 'e mail' }, 'ATTR_EMAIL', /is no attribute/],
    [
      'a filter as an attribute',
      { PHOENIX_LDAP_ATTR_UNIQUE_ID: 'a)(b' },
      'ATTR_UNIQUE_ID',
      /is no attribute/,
    ],
    ['a group filter without bases', GROUP_FILTER, 'GROUP_SEARCH_BASE_DNS', /missing.*Say where groups are/],
    [
      'an attribute without a group filter',
      { PHOENIX_LDAP_GROUP_SEARCH_FILTER_USER_ATTR: 'uid' },
      'GROUP_SEARCH_FILTER_USER_ATTR',
      /GROUP_SEARCH_FILTER is missing/,
    ],
    [
      'no mappings',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '' },
      'GROUP_ROLE_MAPPINGS',
      /missing.*Say which group/,
    ],
    [
      'no mapping in them',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[]' },
      'GROUP_ROLE_MAPPINGS',
      /no JSON array/,
    ],
    [
      'mappings of another shape',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '{"a": "ADMIN"}' },
      'GROUP_ROLE_MAPPINGS',
      /no JSON array/,
    ],
    [
      'a group that is no DN',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn": "Admins", "role": "ADMIN"}]' },
      'GROUP_ROLE_MAPPINGS',
      /"Admins" is no distinguished/,
    ],
    [
      'an empty group',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn": "", "role": "ADMIN"}]' },
      'GROUP_ROLE_MAPPINGS',
      /is no distinguished/,
    ],
    [
      'a role that is none',
      { PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn": "*", "role": "SYSTEM"}]' },
      'GROUP_ROLE_MAPPINGS',
      /"SYSTEM" is no role.*VIEWER, MEMBER, ADMIN/,
    ],
    [
      'no addresses and no id',
      { PHOENIX_LDAP_ATTR_EMAIL: '', PHOENIX_LDAP_ATTR_UNIQUE_ID: '' },
      'ATTR_UNIQUE_ID',
      /missing.*objectGUID/,
    ],
    [
      'no addresses and no sign-up',
      { ...NO_MAIL, PHOENIX_LDAP_ALLOW_SIGN_UP: 'no' },
      'ALLOW_SIGN_UP',
      /Set it to true/,
    ],
    ['no turns', { BENNU_LDAP_MAX_CONCURRENT: '0' }, 'MAX_CONCURRENT', /from 1 to 1000/],
  ])('%s', (_, env, name, says) => {
    const problems = problemsOf({ ...LDAP, ...env })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^(PHOENIX|BENNU)_LDAP_${name}: `))])
    expect(problems[0]).toMatch(says)
    expect(problems[0]).toMatch(/[A-Z].*\.$/)
    expect(problems[0]).not.toContain('canary')
  })

  test('no addresses, and admins who are known by theirs', () => {
    expect(problemsOf({ ...LDAP, ...NO_MAIL, PHOENIX_ADMINS: 'Ada=ada@example.com' })).toEqual([
      expect.stringMatching(/^PHOENIX_ADMINS: .*Remove it/),
    ])
  })

  test('all of a family are told at once', () => {
    const env = { PHOENIX_LDAP_HOST: 'a', PHOENIX_LDAP_TLS_MODE: 'x', PHOENIX_LDAP_BIND_DN: 'CN=x' }
    expect(problemsOf(env).map((one) => one.split(':')[0])).toEqual([
      'PHOENIX_LDAP_TLS_MODE',
      'PHOENIX_LDAP_BIND_PASSWORD',
      'PHOENIX_LDAP_USER_SEARCH_BASE_DNS',
      'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS',
    ])
  })

  test('a family without its host names all that need it', () => {
    const { PHOENIX_LDAP_HOST: _, ...rest } = LDAP
    expect(problemsOf(rest)).toEqual([
      expect.stringMatching(/^PHOENIX_LDAP_HOST: missing, and PHOENIX_LDAP_ATTR_EMAIL, .* need it/),
    ])
  })
})

describe('what starts with a warning', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'addresses as the only identity',
      { PHOENIX_LDAP_ATTR_UNIQUE_ID: '' },
      /^PHOENIX_LDAP_ATTR_UNIQUE_ID: .*take over/,
    ],
    ['clear text', { PHOENIX_LDAP_TLS_MODE: 'none' }, /^PHOENIX_LDAP_TLS_MODE: .*clear text/],
    [
      'any certificate',
      { PHOENIX_LDAP_TLS_VERIFY: 'false' },
      /^PHOENIX_LDAP_TLS_VERIFY: .*read every password/,
    ],
    ['authentication switched off', { PHOENIX_ENABLE_AUTH: 'false' }, /^PHOENIX_LDAP_HOST: NOBODY SIGNS IN/],
    [
      'a name of the family that nobody knows',
      { PHOENIX_LDAP_BASE_DN: 'x' },
      /^PHOENIX_LDAP_BASE_DN: this variable is not known/,
    ],
  ])('%s', (_, env, warning) => {
    expect(parse({ ...LDAP, ...BIND, ...env }).warnings).toEqual([expect.stringMatching(warning)])
  })

  test('an attribute of addresses that nobody has named', () => {
    const { PHOENIX_LDAP_ATTR_EMAIL: _, ...rest } = { ...LDAP, ...BIND }
    expect(parse(rest).warnings).toEqual([expect.stringMatching(/^PHOENIX_LDAP_ATTR_EMAIL: missing/)])
  })
})

test('passwords may be switched off where a directory is a way in', () => {
  expect(parse({ ...LDAP, PHOENIX_DISABLE_BASIC_AUTH: 'true' }).config.auth.basicAuth).toBe(false)
})

test('what is printed says everything but the password', () => {
  const lines = describeConfig(parse({ ...LDAP, ...BIND }).config)
  expect(lines).toContain('PHOENIX_LDAP_BIND_PASSWORD=********')
  expect(lines).toContain('PHOENIX_LDAP_HOST=ldap.example.com')
  expect(lines.join('\n')).not.toContain('canary')
})
