/** Ten thousand keys of each kind: how lists and credentials are read, by the plans of the statements really sent. */
import { beforeAll, expect, test } from 'vitest'
import { listKeyPage } from '#server/api-keys/list-keys'
import type { KeyList } from '#server/api-keys/model'
import { authenticate } from '#server/auth/authenticate'
import type { Ctx } from '#server/context'
import type { Database } from '#server/db/database'
import { createSession } from '../../test/accounts'
import { engine, openTestDatabase } from '../../test/database'
import { createKey, createUser } from '../../test/principals'
import { explain, type RecordedQuery, type Recorder, recordQueries } from '../../test/recorded-queries'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { runSql } from '../../test/sql'

const COUNT = 10_000
let runtime: TestRuntime
let db: Database
let recorder: Recorder
let adminId: number

beforeAll(async () => {
  runtime = await createTestRuntime()
  adminId = await createUser(runtime, 'ADMIN')
  const { config } = runtime.db
  const [now, series] =
    engine === 'postgres'
      ? ['now()', `generate_series(1, ${COUNT}) as s(n)`]
      : [
          '1700000000000',
          `(with recursive c(n) as (select 1 union all select n + 1 from c where n < ${COUNT}) select n from c)`,
        ]
  for (const [owner, name] of [
    [adminId, 'mine'],
    [1, 'exporter'],
  ])
    await runSql(
      config,
      `insert into api_keys (user_id, name, scope, last_four, created_by, created_at)
       select ${owner}, '${name} ' || n, 'full', 'abcd', ${adminId}, ${now} from ${series}`,
    )
  if (engine === 'postgres') await runSql(config, 'analyze')
  db = await openTestDatabase(config)
  recorder = await recordQueries(db)
}, 120_000)

const ctx = (): Ctx => ({
  ...runtime,
  db,
  actor: {
    kind: 'session',
    userId: adminId,
    role: 'ADMIN',
    mustReset: false,
    accessTokenId: 1,
    sessionId: 1,
  },
  request: { requestId: 'r', address: null, userAgent: null },
})
const page = (list: KeyList, search = '', from: number | null = null) =>
  listKeyPage(ctx(), { list, search, ownerId: null, from, limit: 50 })

/** The statements that fetch rows, without those that count them. */
const fetched = () => recorder.take().filter(({ sql }) => /^select/i.test(sql) && !/count\(\*\)/.test(sql))

test.each(['system', 'user', 'own'] as const)(
  'a page of the list %s is read in order, without sorting',
  async (list) => {
    recorder.take()
    for (const from of [null, 5000]) await page(list, '', from)
    const queries = fetched()
    expect(queries.length).toBe(2)
    for (const query of queries)
      expect((await explain(db, query)).join('\n')).not.toMatch(/Sort|TEMP B-TREE FOR ORDER BY/)
  },
)

test('lists and searches hold what they should', async () => {
  const first = await page('system')
  expect([first.keys.length, first.total, first.keys[0]?.name]).toEqual([50, COUNT, `exporter ${COUNT}`])
  const found = await page('own', 'MINE 1234')
  expect(found.keys.map(({ name }) => name)).toEqual(['mine 1234'])
})

test('a search that fits on a page reads the keys once', async () => {
  recorder.take()
  await page('user', 'mine 1234')
  expect(recorder.take().filter(({ sql }) => /casefold|lower\(/.test(sql))).toHaveLength(1)
})

test('even a search that nothing matches takes no more than a moment', async () => {
  const started = performance.now()
  expect((await page('user', 'nothing like that')).total).toBe(0)
  // A guard against hanging: it takes some 50 ms.
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('a credential is one statement, by index', async () => {
  const key = await createKey(runtime, { userId: adminId, scope: 'full', role: null })
  const session = await createSession(runtime, { id: adminId })
  recorder.take()
  const world = { ...runtime, db }
  const authorization = key.headers.authorization as string
  await authenticate(world, { authorization, accessCookie: null })
  await authenticate(world, { authorization: null, accessCookie: session.accessToken })
  const queries = recorder.take()
  expect(queries.length).toBe(2)
  // There is but one session here, which PostgreSQL does not look up by index.
  const plan = (await explain(db, queries[0] as RecordedQuery)).join('\n')
  expect(plan).toMatch(/Index Scan using api_keys_pkey|SEARCH api_keys USING INTEGER PRIMARY KEY/)
})
