import { expect, test } from 'vitest'
import { type Action, type Actor, can, PERMISSIONS, ROLES, SCOPES } from '#server/permissions'

/**
 * Who may do what, written down by hand and not made from the table under test. `V M A` are VIEWER, MEMBER and ADMIN;
 * `:own` asks about what belongs to the caller.
 */
const MATRIX = `
                        nobody off  session       user key full       read          ingest  sys key full        read          ingest  secret
                                    V   M   A     V   M   A     V   M   A     V   M   A     V   M   A     V   M   A     V   M   A
project.read            no     yes  yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
project.create          no     yes  no  yes yes   no  yes yes   no  no  no    no  no  no    no  yes yes   no  no  no    no  no  no    yes
project.update          no     yes  no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
project.delete          no     yes  no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
trace.read              no     yes  yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
trace.ingest            no     yes  no  yes yes   no  yes yes   no  no  no    no  yes yes   no  yes yes   no  no  no    no  yes yes   yes
profile.read            no     yes  yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
profile.update          no     no   yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
userApiKey.listOwn      no     no   yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
userApiKey.create       no     no   yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
userApiKey.delete:own   no     no   yes yes yes   yes yes yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
userApiKey.delete       no     no   no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
userApiKey.listAll      no     no   no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
systemApiKey.list       no     no   no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
systemApiKey.create     no     no   no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    yes
systemApiKey.delete     no     no   no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
`

const people = { userId: 5, mustReset: false, accessTokenId: 1 }
const key = { userId: 5, keyId: 7 }

/** Every principal in the order of the columns. */
const PRINCIPALS: [string, Actor][] = [
  ['nobody signed in', { kind: 'anonymous' }],
  ['authentication off', { kind: 'open' }],
  ...ROLES.map((role): [string, Actor] => [`session ${role}`, { kind: 'session', role, ...people }]),
  ...keyPrincipals('userKey'),
  ...keyPrincipals('systemKey'),
  ['admin secret', { kind: 'adminSecret', userId: 1, role: 'ADMIN' }],
]

function keyPrincipals(kind: 'userKey' | 'systemKey'): [string, Actor][] {
  return SCOPES.flatMap((scope) =>
    ROLES.map((role): [string, Actor] => [`${kind} ${role} ${scope}`, { kind, role, scope, ...key }]),
  )
}

const rows = MATRIX.trim()
  .split('\n')
  .slice(2)
  .map((line) => line.trim().split(/\s+/))

test('the matrix has every action and every principal once', () => {
  const actions = rows.map(([name]) => name?.replace(':own', ''))
  expect([...new Set(actions)].sort()).toEqual(Object.keys(PERMISSIONS).sort())
  for (const [name, ...cells] of rows) expect(cells, name).toHaveLength(PRINCIPALS.length)
  expect(rows.flatMap(([, ...cells]) => cells).every((cell) => cell === 'yes' || cell === 'no')).toBe(true)
})

test.each(rows)('%s is allowed to those and only those whom the matrix names', (name, ...expected) => {
  const action = String(name).replace(':own', '') as Action
  const isOwner = String(name).endsWith(':own')
  const said = PRINCIPALS.map(([who, actor], column) => ({
    who,
    allowed: can(actor, action, isOwner) ? 'yes' : 'no',
    expected: expected[column],
  }))
  expect(said.filter((one) => one.allowed !== one.expected)).toEqual([])
})

test('ownership changes nothing where the table does not ask for it', () => {
  const plain = (Object.keys(PERMISSIONS) as Action[]).filter((action) => action !== 'userApiKey.delete')
  for (const action of plain) {
    for (const [who, actor] of PRINCIPALS)
      expect(can(actor, action, true), `${who} ${action}`).toBe(can(actor, action, false))
  }
})
