import { describe, expect, test } from 'vitest'
import { findClaim, readClaimPath } from '#server/oidc/claim-path'
import { decide, emailOf, groupsOf, needsUserinfo, pictureOf } from '#server/oidc/claims'
import { buttonLabel, displayNameOf, type ProviderSettings } from '#server/oidc/model'
import { PLAIN_RULES } from '../../test/provider-rules'

const settings = (rest: Partial<ProviderSettings> = {}): ProviderSettings => ({
  name: 'sso',
  displayName: 'SSO',
  clientId: 'c',
  clientSecret: 's',
  discoveryUrl: 'https://sso.example/.well-known/openid-configuration',
  ...PLAIN_RULES,
  scopes: ['openid'],
  assertionFile: null,
  redirectPath: null,
  ...rest,
})

describe('the e-mail address', () => {
  test.each([
    [{ email: ' Ada@Example.com ' }, 'ada@example.com'],
    [{ email: 'ada@localhost' }, 'ada@localhost'],
    [{ email: '' }, undefined],
    [{ email: 'ada' }, undefined],
    [{ email: 'a b@example.com' }, undefined],
    [{ email: ['ada@example.com'] }, undefined],
    [{ email: 7 }, undefined],
    [{ email: `${'a'.repeat(320)}@example.com` }, undefined],
    [{}, undefined],
  ])('of %j is %s', (claims, expected) => {
    expect(emailOf(settings(), [claims])?.address).toBe(expected)
  })

  test.each([
    [false, true],
    ['false', true],
    [' FALSE ', true],
    [true, false],
    ['true', false],
    [undefined, false],
    [0, false],
  ])('with email_verified %j is unverified: %s', (verified, expected) => {
    const claims = { email: 'ada@example.com', email_verified: verified }
    expect(emailOf(settings(), [claims])?.isUnverified).toBe(expected)
    // However the path is written that leads to it.
    expect(emailOf(settings({ emailPath: 'email || upn' }), [claims])?.isUnverified).toBe(expected)
  })
})

describe('groups', () => {
  const groups = (value: unknown) =>
    groupsOf(settings({ groupsPath: 'g', allowedGroups: ['x'] }), [{ g: value }])
  test.each([
    ['a', ['a']],
    [
      ['a', ' b ', '', null, { c: 1 }, 7],
      ['a', 'b', '7'],
    ],
    [{ a: 1 }, []],
    [null, []],
  ])('of %j are %j', (value, expected) => {
    expect(groups(value)).toEqual(expected)
  })

  test.each([
    ['"cognito:groups"', { 'cognito:groups': ['x'] }],
    ['cognito:groups', { 'cognito:groups': ['x'] }],
    ['https://example.com/groups', { 'https://example.com/groups': 'x' }],
    ['realm_access.roles', { realm_access: { roles: ['x'] } }],
    ['groups[].name', { groups: [{ name: 'x' }] }],
  ])('at %s are found', (groupsPath, claims) => {
    expect(groupsOf(settings({ groupsPath }), [claims])).toEqual(['x'])
  })

  test('at a path that cannot be evaluated are none, with a word for the log', () => {
    const told: string[] = []
    expect(findClaim({ g: 1 }, 'join(g, g)', (why) => told.push(why))).toBeNull()
    expect(findClaim({ g: 1 }, 'nothing_known(g)', (why) => told.push(why))).toBeNull()
    expect(told).toHaveLength(2)
  })
})

describe('the role', () => {
  const MAPPING = [
    ['Boss', 'ADMIN'],
    ['staff', 'MEMBER'],
  ] as const
  const role = (value: unknown, rest: Partial<ProviderSettings> = {}) =>
    decide(settings({ rolePath: 'r', ...rest }), [{ r: value }])
  test.each<[unknown, Partial<ProviderSettings>, string, string | undefined]>([
    ['admin', {}, 'role-claim', 'ADMIN'],
    [' Viewer ', {}, 'role-claim', 'VIEWER'],
    ['SYSTEM', {}, 'unmapped-role', 'VIEWER'],
    ['SYSTEM', { roleStrict: true }, 'unmapped-role', undefined],
    ['Boss', { roleMapping: MAPPING }, 'role-mapping', 'ADMIN'],
    ['boss', { roleMapping: MAPPING }, 'unmapped-role', 'VIEWER'],
    ['ADMIN', { roleMapping: MAPPING }, 'unmapped-role', 'VIEWER'],
    [['x', 'staff', 'Boss'], { roleMapping: MAPPING }, 'role-mapping', 'MEMBER'],
    [[], { roleMapping: MAPPING }, 'no-role-claim', 'VIEWER'],
    [null, { roleStrict: true }, 'no-role-claim', undefined],
    [{ a: 1 }, {}, 'no-role-claim', 'VIEWER'],
    ['__proto__', { roleMapping: MAPPING }, 'unmapped-role', 'VIEWER'],
  ])('of %j with %j is by %s %s', (value, rest, rule, expected) => {
    const decision = role(value, rest)
    expect(decision.rule).toBe(rule)
    expect(decision.admitted?.role).toBe(expected)
  })

  test('without a path is not the provider’s to say', () => {
    expect(decide(settings({ defaultRole: 'VIEWER' }), [{ r: 'ADMIN' }])).toMatchObject({
      rule: 'default-role',
      admitted: { role: null, roleOfNewcomer: 'VIEWER' },
    })
  })

  test('that does not follow is for newcomers alone', () => {
    expect(role('admin', { roleResync: false }).admitted).toEqual({ role: null, roleOfNewcomer: 'ADMIN' })
  })

  test('does not help whom the groups keep out', () => {
    const decision = role('admin', { groupsPath: 'g', allowedGroups: ['a'] })
    expect(decision).toMatchObject({ rule: 'group-gate', admitted: null })
  })
})

test.each<[string, Partial<ProviderSettings>, object, boolean]>([
  ['nothing is open', {}, { email: 'a@b.c' }, false],
  ['the address is missing', {}, {}, true],
  ['groups are missing', { groupsPath: 'g', allowedGroups: ['a'] }, { email: 'a@b.c' }, true],
  ['groups that gate nobody are missing', { groupsPath: 'g' }, { email: 'a@b.c' }, false],
  ['a role is missing', { rolePath: 'r' }, { email: 'a@b.c' }, true],
  [
    'a role is there that is not mapped',
    { rolePath: 'r', roleMapping: [['a', 'ADMIN']] },
    { email: 'a@b.c', r: 'x' },
    false,
  ],
])('when %s, userinfo is asked: see the last column', (_, rest, claims, expected) => {
  expect(needsUserinfo(settings(rest), [claims as Record<string, unknown>])).toBe(expected)
})

test.each([
  ['https://p.example/a.png', 'https://p.example/a.png'],
  ['javascript:alert(1)', null],
  ['data:image/png;base64,AA', null],
  [`https://p.example/${'a'.repeat(2000)}`, null],
  [7, null],
])('a picture at %j is kept as %s', (picture, expected) => {
  expect(pictureOf({ picture })).toBe(expected)
})

test.each([
  ['Google', 'Sign in with Google'],
  ['Sign in with Google', 'Sign in with Google'],
  ['Log in to Acme', 'Log in to Acme'],
  ['Continue with SSO', 'Continue with SSO'],
  ['Signal', 'Sign in with Signal'],
])('the button of %s says %s', (name, label) => {
  expect(buttonLabel(name)).toBe(label)
})

test.each([
  ['google', 'Google'],
  ['microsoft_entra_id', 'Microsoft Entra ID'],
  ['microsoft', 'Microsoft Entra ID'],
  ['aws_cognito', 'AWS Cognito'],
  ['auth0', 'Auth0'],
  ['my_own_idp', 'My Own Idp'],
])('%s is called %s', (name, shown) => {
  expect(displayNameOf(name)).toBe(shown)
})

test('a path is refused with what to write instead', () => {
  expect(readClaimPath('a.b-c.roles')).toEqual({
    fault: 'names with a dash need double quotes of their own. Write a."b-c".roles.',
  })
})

describe('where the id token has nothing, userinfo is asked', () => {
  const both = settings({ groupsPath: 'realm.groups', allowedGroups: ['eng'], rolePath: 'role' })
  test.each([[{ realm: { groups: [] } }], [{ realm: null }], [{ realm: { groups: [' '] } }], [{}]])(
    'for groups, with %j',
    (idToken) => {
      expect(groupsOf(both, [idToken, { realm: { groups: ['eng'] } }])).toEqual(['eng'])
    },
  )

  test.each([['' as unknown], [null], [[]]])('for the address and the role, with %j', (value) => {
    const sources = [
      { email: value, role: value, realm: { groups: 'eng' } },
      { email: 'ada@example.com', role: 'ADMIN' },
    ]
    expect(emailOf(both, sources)?.address).toBe('ada@example.com')
    expect(decide(both, sources).admitted?.role).toBe('ADMIN')
  })

  test('and where it has something, it is not', () => {
    expect(groupsOf(both, [{ realm: { groups: ['x'] } }, { realm: { groups: ['eng'] } }])).toEqual(['x'])
  })

  test.each([
    [{ email_verified: true }, { email: 'a@b.c', email_verified: false }, true],
    [{ email_verified: false }, { email: 'a@b.c', email_verified: true }, false],
    [{ email_verified: false }, { email: 'a@b.c' }, true],
    [{ email: 'a@b.c' }, { email_verified: false }, true],
  ])('whether %j with %j is unverified is said beside the address: %s', (idToken, userinfo, expected) => {
    expect(emailOf(settings(), [idToken, userinfo])?.isUnverified).toBe(expected)
  })
})

test('a claim of very many words is looked at as far as a thousand', () => {
  const words = Array.from({ length: 5000 }, (_, n) => `g${n}`)
  expect(groupsOf(settings({ groupsPath: 'g' }), [{ g: words }])).toHaveLength(1000)
})

test('a path that would make a text of any length is refused', () => {
  expect(readClaimPath("pad_left('a', `200000000`)")).toHaveProperty('fault')
})
