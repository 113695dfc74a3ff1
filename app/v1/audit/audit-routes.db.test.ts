import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { GET as read } from '#app/v1/audit/[entry_number]/route'
import { GET as download } from '#app/v1/audit/export/route'
import { GET as list } from '#app/v1/audit/route'
import { recordEvent } from '#server/audit/record'
import type { Ctx } from '#server/context'
import { insertAuditEntries } from '../../../test/audit-entries'
import { call } from '../../../test/call'
import { SYSTEM_USER_ID, TEST_ADMIN_SECRET } from '../../../test/principals'
import { recordQueries } from '../../../test/recorded-queries'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

const admin = { authorization: `Bearer ${TEST_ADMIN_SECRET}` }

let world: TestRuntime
beforeAll(async () => {
  world = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  await removeAll()
})

async function removeAll(): Promise<void> {
  await world.db.write((tx) => tx.delete(world.db.t.auditEvents))
  await world.db.write((tx) => tx.update(world.db.t.auditChain).set({ count: 0, hash: '0'.repeat(64) }))
}

const record = (actorName: string, userAgent: string | null = null) => {
  const ctx: Ctx = {
    ...world,
    actor: { kind: 'anonymous' },
    request: { requestId: 'r', address: '192.0.2.7', userAgent },
  }
  const event = { action: 'session.login', outcome: 'failure', reason: 'wrong-password', actorName } as const
  return world.db.write((tx) => recordEvent(tx, ctx, event))
}
const get = (query: string, headers: Record<string, string> = admin) =>
  call(list, { path: `/v1/audit${query}`, headers })
const exported = (query: string) => call(download, { path: `/v1/audit/export${query}`, headers: admin })

describe('GET /v1/audit', () => {
  test('answers entries and where older ones go on', async () => {
    await removeAll()
    for (const name of ['ada', 'grace', 'mary']) await record(name)
    const first = (await get('?limit=2&action=session.login')).json
    expect(first.data.map((entry: { actor_name: string }) => entry.actor_name)).toEqual(['mary', 'grace'])
    const second = (await get(`?limit=2&action=session.login&cursor=${first.next_cursor}`)).json
    expect(second.data).toMatchObject([
      {
        number: 1,
        action: 'session.login',
        outcome: 'failure',
        reason: 'wrong-password',
        actor_kind: 'anonymous',
        actor_name: 'ada',
        address: '192.0.2.7',
        erased: false,
      },
    ])
    expect(second.next_cursor).toBeNull()
  })

  test.each([
    ['an action that is none', 'action=session.nothing'],
    ['an outcome that is none', 'outcome=maybe'],
    ['a time that is none', 'from=yesterday'],
    ['a range that ends before it begins', 'from=2026-05-02&until=2026-05-01'],
    ['a limit of nothing', 'limit=0'],
    ['a limit beyond a thousand', 'limit=1001'],
    ['a cursor of ours for something else', 'cursor=VXNlcjox'],
    ['a cursor that is none', 'cursor=%21'],
    ['text that no database holds', 'address=%00'],
    ['a name without end', `actor=${'x'.repeat(501)}`],
  ])('refuses %s with 422', async (_what, query) => {
    expect((await get(`?${query}`)).status).toBe(422)
  })

  test('is nothing for those who have not signed in', async () => {
    expect((await get('', {})).status).toBe(401)
  })
})

describe('GET /v1/audit/{entry_number}', () => {
  const one = (entry_number: string) =>
    call(read, { path: `/v1/audit/${entry_number}`, headers: admin, params: { entry_number } })

  test('answers the entry of that number', async () => {
    await removeAll()
    await record('ada')
    expect((await one('1')).json.data).toMatchObject({ number: 1, actor_name: 'ada' })
  })

  test.each([
    ['a number that nothing has', '999', 404],
    ['what is no number', 'abc', 422],
  ])('refuses %s', async (_what, entryNumber, status) => {
    expect((await one(entryNumber)).status).toBe(status)
  })
})

describe('GET /v1/audit/export', () => {
  test('sends every entry as a line of JSON, oldest first, its own included', async () => {
    await removeAll()
    for (const name of ['ada', 'grace']) await record(name)
    const { text, headers } = await exported('?format=jsonl')
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="bennu-audit-\d{4}-.*\.jsonl"$/)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ number, action }) => [number, action])).toEqual([
      [1, 'session.login'],
      [2, 'session.login'],
      [3, 'audit.export'],
    ])
    expect(lines[1]).toEqual((await get('')).json.data[1])
  })

  test('is on record with who did it, the format and the filters, but without the names among them', async () => {
    await removeAll()
    await exported('?format=csv&actor=ada%20lovelace&outcome=failure&until=2026-05-01T00:00:00Z')
    const { auditEvents: t } = world.db.t
    const [entry] = await world.db.read.select().from(t).where(eq(t.action, 'audit.export'))
    expect(entry).toMatchObject({ outcome: 'success', actorKind: 'adminSecret', actorUserId: SYSTEM_USER_ID })
    expect(JSON.parse(entry?.details ?? '')).toEqual({
      format: 'csv',
      filters: ['outcome', 'actor', 'until'],
      outcome: 'failure',
      until: '2026-05-01T00:00:00.000Z',
    })
    expect(JSON.stringify(entry)).not.toContain('lovelace')
  })

  test('leaves out what the filters leave out', async () => {
    await removeAll()
    for (const name of ['ada', 'grace', 'ada']) await record(name)
    const { text } = await exported('?actor=ada')
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).number),
    ).toEqual([1, 3])
  })

  test('writes CSV that no spreadsheet runs and no quote breaks', async () => {
    await removeAll()
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\uff1d1', 'a"b,c', 'plain - text']
    for (const name of hostile) await record(name, '=cmd()')
    const { text, headers } = await exported('?format=csv&action=session.login')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [head, ...rows] = text.trimEnd().split('\r\n')
    expect(head).toBe(
      '"number","at","action","outcome","reason","actor_kind","actor","actor_name","credential","target","target_name","address","user_agent","details","erased","hash"',
    )
    const names = rows.map((row) => /"anonymous","","(.*?)","","","","192/.exec(row)?.[1])
    expect(names).toEqual(["'=1+1", "'+1", "'-1", "'@SUM(A1)", "' =1", "'\uff1d1", 'a""b,c', 'plain - text'])
    expect(rows.every((row) => row.includes('"\'=cmd()","{}"'))).toBe(true)
  })

  test('refuses a format that is none', async () => {
    expect((await exported('?format=xml')).status).toBe(422)
  })

  test('reads on only as fast as it is taken, and not at all once the receiver has left', async () => {
    await removeAll()
    await insertAuditEntries(world.db, { count: 20_000, end: new Date() })
    const recorder = await recordQueries(world.db)
    const request = new Request('http://localhost:6006/v1/audit/export', { headers: admin })
    const response = await download(request, { params: Promise.resolve({}) })
    const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
    await reader.read()
    await reader.read()
    recorder.take()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = recorder.sent()
    expect(before).toBeLessThan(3)
    await reader.cancel()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(recorder.sent() - before).toBe(0)
  })
})
