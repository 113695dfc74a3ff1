/** No question to the audit log reads all of it: the statements that are really sent are explained on 50,000 entries. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditQuestion } from '#server/audit/filter'
import { listAuditEntries } from '#server/audit/list'
import { insertAuditEntries } from '../../test/audit-entries'
import { createTestDatabase, engine, type TestDatabase } from '../../test/database'
import { analyze } from '../../test/many-spans'
import { explain, type Recorder, recordQueries } from '../../test/recorded-queries'

const COUNT = 50_000
const END = new Date(Date.UTC(2026, 9, 1))
const micros = (secondsBefore: number) => (END.getTime() - secondsBefore * 1000) * 1000

let db: TestDatabase
let recorder: Recorder
let cursor: string

beforeAll(async () => {
  db = await createTestDatabase()
  recorder = await recordQueries(db)
  await insertAuditEntries(db, { count: COUNT, end: END })
  cursor =
    (await listAuditEntries({ db }, { question: {}, cursor: undefined, limit: 5000 })).next_cursor ?? ''
}, 120_000)

const QUESTIONS: Record<string, AuditQuestion> = {
  'nothing in particular': {},
  'an action that is everywhere': { action: 'session.refresh' },
  'an action that is rare': { action: 'user.changeRole' },
  'what failed': { outcome: 'failure' },
  'what succeeded': { outcome: 'success' },
  'a person': { actor: 'User:17' },
  'what happened to a person': { target: 'User:17' },
  'an address': { address: '10.0.3.3' },
  'a day': { from: micros(20_000), until: micros(10_000) },
  'the time before': { until: micros(40_000) },
  'a person on a day': { actor: 'User:17', from: micros(20_000) },
  'sign-ins that failed': { action: 'session.login', outcome: 'failure' },
  'what never happened': { action: 'session.refresh', outcome: 'failure' },
  'a name that is nowhere': { actor: 'nobody at all' },
  'everything at once': {
    action: 'session.login',
    outcome: 'failure',
    actor: 'User:17',
    target: 'User:17',
    address: '10.0.3.3',
    from: micros(40_000),
  },
}

/** Steps that read the whole log; one that ends after so many entries goes by an index. */
const FULL_SCAN = /^SCAN "?audit_events"?(?! USING)|Seq Scan on "?audit_events/
/** SQLite's words for looking through what a part of the query has found, which has the name of the table. */
const PART = /^(CO-ROUTINE|MATERIALIZE) audit_events$/

function fullScansOf(plan: string[]): string[] {
  const parts = plan.filter((line) => PART.test(line)).length
  return plan.filter((line) => FULL_SCAN.test(line)).slice(parts)
}

async function scansOf(question: AuditQuestion, from?: string): Promise<string[]> {
  recorder.take()
  await listAuditEntries({ db }, { question, cursor: from, limit: 50 })
  const queries = recorder.take().filter(({ sql }) => /audit_events/.test(sql))
  expect(queries.length).toBeGreaterThan(0)
  const plans = await Promise.all(queries.map((query) => explain(db, query)))
  return plans.flatMap(fullScansOf)
}

// PostgreSQL counts by itself, sooner or later; SQLite only where somebody asks it to.
describe.each(engine === 'sqlite' ? ['before', 'after'] : ['after'])(
  '%s the planner has counted the rows',
  (when) => {
    beforeAll(async () => {
      if (when === 'after') await analyze(db)
    }, 60_000)

    test.each(Object.entries(QUESTIONS))('%s: no full scan', async (_what, question) => {
      expect([...(await scansOf(question)), ...(await scansOf(question, cursor))]).toEqual([])
    })
  },
)

test('a full scan is noticed', async () => {
  const { auditEvents: t } = db.t
  recorder.take()
  await db.read.select({ hash: t.hash }).from(t).limit(1)
  const [query] = recorder.take()
  expect(fullScansOf(query ? await explain(db, query) : [])).not.toEqual([])
})

test('a search that finds nothing looks at 10,000 entries at a time and says where to go on', async () => {
  const question = { action: 'session.refresh', outcome: 'failure' } as const
  let pages = 0
  let from: string | undefined
  do {
    const page = await listAuditEntries({ db }, { question, cursor: from, limit: 50 })
    expect(page.data).toEqual([])
    from = page.next_cursor ?? undefined
    pages += 1
  } while (from)
  // Of 50,000 entries 42,857 are renewals.
  expect(pages).toBe(5)
})

test('what is rare is found however far back it lies', async () => {
  const question = { actor: 'User:1', action: 'user.changeRole' } as const
  const { data } = await listAuditEntries({ db }, { question, cursor: undefined, limit: 50 })
  expect(data.map(({ number }) => number)).toEqual([50_000])
})
