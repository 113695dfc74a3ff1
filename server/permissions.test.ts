import { describe, expect, test } from 'vitest'
import { type Action, type Actor, can, PERMISSIONS, ROLES, SCOPES } from '#server/permissions'
import {
  COLUMNS,
  type Column,
  type DocumentRow,
  EXPECTED,
  MUTATIONS,
  NOT_BUILT,
  QUERIES,
} from '../test/expected-permissions'

const people = { userId: 5, mustReset: false, accessTokenId: 1, sessionId: 1 }
const key = { userId: 5, keyId: 7 }

/** An actor for every column of the expected table. */
const ACTORS = new Map<Column, Actor>([
  ['anonymous', { kind: 'anonymous' }],
  ['authentication off', { kind: 'open' }],
  ['warm-up', { kind: 'warmUp' }],
  ['admin secret', { kind: 'adminSecret', userId: 1, role: 'ADMIN' }],
  ...ROLES.flatMap((role): [Column, Actor][] => [
    [`session ${role}`, { kind: 'session', role, ...people }],
    ...SCOPES.flatMap((scope): [Column, Actor][] => [
      [`user key ${role} ${scope}`, { kind: 'userKey', role, scope, ...key }],
      [`system key ${role} ${scope}`, { kind: 'systemKey', role, scope, ...key }],
    ]),
  ]),
])
const actorOf = (column: Column) => ACTORS.get(column) ?? expect.fail(`no actor for ${column}`)

test('the expected table has every action, and each question about an action once', () => {
  expect([...new Set(EXPECTED.map(({ action }) => action))].sort()).toEqual(Object.keys(PERMISSIONS).sort())
  const questions = EXPECTED.map(({ action, own }) => `${action} ${own}`)
  expect(new Set(questions).size).toBe(questions.length)
  expect(ACTORS.size).toBe(COLUMNS.length)
})

test.each(EXPECTED.map((row) => [row.own ? `${row.action} on one's own` : row.action, row] as const))(
  '%s is allowed to those and only those whom the expected table names',
  (_, { action, own, allowed }) => {
    const said = COLUMNS.map((column) => [column, can(actorOf(column), action as Action, own)] as const)
    expect(said.filter(([column, is]) => is !== allowed.get(column))).toEqual([])
  },
)

test('ownership changes nothing where the expected table does not ask for it', () => {
  const asked = new Set(EXPECTED.filter(({ own }) => own).map(({ action }) => action))
  const plain = (Object.keys(PERMISSIONS) as Action[]).filter((action) => !asked.has(action))
  for (const action of plain) {
    for (const [who, actor] of ACTORS)
      expect(can(actor, action, true), `${who} ${action}`).toBe(can(actor, action, false))
  }
})

describe.each([
  ['Mutations', MUTATIONS],
  ['Queries', QUERIES],
])('%s', (_, rows: readonly DocumentRow[]) => {
  test.each(rows)('$words: admin $admin, member $member', ({ action, own, admin, member }) => {
    expect(can(actorOf('session ADMIN'), action as Action, own)).toBe(admin)
    expect(can(actorOf('session MEMBER'), action as Action, own)).toBe(member)
  })
})

test('every row of the two tables has its test, or stands in the list of what is not built', () => {
  expect([MUTATIONS.length, QUERIES.length, NOT_BUILT.length]).toEqual([11, 4, 0])
})
