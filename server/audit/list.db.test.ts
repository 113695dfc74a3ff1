import { beforeAll, expect, test } from 'vitest'
import type { AuditQuestion } from '#server/audit/filter'
import { getAuditEntry, listAuditEntries } from '#server/audit/list'
import { encodeGlobalId } from '#server/global-id'
import { createAccount } from '../../test/accounts'
import { createTestDatabase, type TestDatabase } from '../../test/database'
import { testConfig } from '../../test/runtime'

const START = Date.UTC(2026, 4, 1)
/** Microseconds since 1970, some minutes after the first entry. */
const minutes = (count: number) => (START + count * 60_000) * 1000

let db: TestDatabase
let adaId: number

type Row = TestDatabase['t']['auditEvents']['$inferInsert']

function entry(id: number, rest: Partial<Row>): Row {
  return {
    id,
    at: new Date(START + id * 60_000),
    action: 'session.login',
    outcome: 'success',
    actorKind: 'session',
    details: '{}',
    personalDigest: 'd',
    personalSalt: 's',
    hash: `hash ${id}`,
    ...rest,
  }
}

beforeAll(async () => {
  db = await createTestDatabase()
  const world = { db, config: testConfig(), clock: () => new Date() }
  adaId = (await createAccount(world, { username: 'ada', email: 'Ada@Example.com' })).id
  const rows = [
    entry(1, { actorUserId: adaId, actorName: 'ada', address: '192.0.2.1', target: `User:${adaId}` }),
    entry(2, { outcome: 'failure', actorName: 'mallory', address: '192.0.2.2', reason: 'unknown-user' }),
    entry(3, { action: 'apiKey.create', actorUserId: adaId, target: 'ApiKey:7', targetName: 'nightly' }),
    // Written later by a server whose clock is behind.
    entry(4, { at: new Date(START + 150_000), address: '192.0.2.2', target: `User:${adaId}` }),
    entry(5, { action: 'apiKey.delete', target: 'ApiKey:7', targetName: 'nightly', actorKind: 'server' }),
    entry(6, { outcome: 'failure', address: '192.0.2.1', target: `User:${adaId}`, personalSalt: null }),
  ]
  await db.write((tx) => tx.insert(db.t.auditEvents).values(rows))
})

const ask = (question: AuditQuestion, rest: { cursor?: string; limit?: number } = {}) =>
  listAuditEntries({ db }, { question, cursor: rest.cursor, limit: rest.limit ?? 100 })
const numbers = async (question: AuditQuestion) => (await ask(question)).data.map(({ number }) => number)

test('entries come newest first by their time', async () => {
  expect(await numbers({})).toEqual([6, 5, 3, 4, 2, 1])
})

test.each<[string, () => AuditQuestion, number[]]>([
  ['an action', () => ({ action: 'apiKey.create' }), [3]],
  ['an outcome', () => ({ outcome: 'failure' }), [6, 2]],
  ['an actor by id', () => ({ actor: `User:${adaId}` }), [3, 1]],
  ['an actor by GlobalID', () => ({ actor: encodeGlobalId('User', adaId) }), [3, 1]],
  ['an actor by username', () => ({ actor: 'ada' }), [3, 1]],
  ['an actor by e-mail address', () => ({ actor: 'ADA@example.com' }), [3, 1]],
  ['an actor who has no account, by the name that was typed', () => ({ actor: 'mallory' }), [2]],
  ['an actor whom nobody knows', () => ({ actor: 'nobody' }), []],
  ['a target by id', () => ({ target: 'ApiKey:7' }), [5, 3]],
  ['a target by the GlobalID of a key', () => ({ target: encodeGlobalId('SystemApiKey', 7) }), [5, 3]],
  ['a target by username', () => ({ target: 'ada' }), [6, 4, 1]],
  ['a target by name', () => ({ target: 'nightly' }), [5, 3]],
  ['an address', () => ({ address: '192.0.2.2' }), [4, 2]],
  ['a time from which on', () => ({ from: minutes(3) }), [6, 5, 3]],
  ['a time before which', () => ({ until: minutes(3) }), [4, 2, 1]],
  ['a range of time', () => ({ from: minutes(2), until: minutes(3) }), [4, 2]],
  ['two conditions', () => ({ address: '192.0.2.1', outcome: 'failure' }), [6]],
  [
    'all at once',
    () => ({
      target: 'ada',
      address: '192.0.2.1',
      outcome: 'success',
      from: minutes(1),
      actor: 'ada',
      action: 'session.login',
    }),
    [1],
  ],
  ['conditions that nothing satisfies', () => ({ action: 'apiKey.create', outcome: 'failure' }), []],
])('%s finds its entries', async (_what, question, expected) => {
  expect(await numbers(question())).toEqual(expected)
})

test.each([{}, { target: 'ada' }, { target: 'ada', outcome: 'success' as const }])(
  'pages of one entry lead through all that %j finds, each once',
  async (question) => {
    const found: number[] = []
    let cursor: string | undefined
    do {
      const page = await ask(question, { limit: 1, ...(cursor && { cursor }) })
      found.push(...page.data.map(({ number }) => number))
      cursor = page.next_cursor ?? undefined
    } while (cursor)
    expect(found).toEqual(await numbers(question))
  },
)

test('a cursor that no page gave is refused', async () => {
  for (const cursor of ['x', '7', encodeGlobalId('User', 1), encodeGlobalId('AuditEvent', 999)])
    await expect(ask({}, { cursor })).rejects.toMatchObject({ kind: 'invalid' })
})

test('a range of time that ends before it begins is refused', async () => {
  await expect(ask({ from: minutes(3), until: minutes(2) })).rejects.toMatchObject({ kind: 'invalid' })
})

test('an entry has all its fields, and says when its names have been erased', async () => {
  expect(await getAuditEntry({ db }, 3)).toEqual({
    number: 3,
    at: '2026-05-01T00:03:00+00:00',
    action: 'apiKey.create',
    outcome: 'success',
    reason: null,
    actor_kind: 'session',
    actor: `User:${adaId}`,
    actor_name: null,
    credential: null,
    target: 'ApiKey:7',
    target_name: 'nightly',
    address: null,
    user_agent: null,
    details: {},
    erased: false,
    hash: 'hash 3',
  })
  expect((await getAuditEntry({ db }, 6)).erased).toBe(true)
  await expect(getAuditEntry({ db }, 99)).rejects.toMatchObject({ kind: 'not_found' })
})
