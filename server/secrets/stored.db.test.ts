import { asc, eq } from 'drizzle-orm'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { GET as list } from '#app/ui/secrets/route'
import { PUT as put } from '#app/v1/secrets/route'
import { unwrapSecret } from '#server/secrets/secrets'
import { call } from '../../test/call'
import { createPrincipals, type Principals, TEST_ADMIN_SECRET } from '../../test/principals'
import { createTestRuntime, TEST_SECRET, type TestRuntime } from '../../test/runtime'

const VALUE = 'stored-value-of-the-test-0123456789'
let world: TestRuntime
let who: Principals
let lines: string[]

async function start(auth: Parameters<typeof createTestRuntime>[0] = {}): Promise<void> {
  lines = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  world = await createTestRuntime({ log, ...auth })
  if (world.config.auth.enabled) who = await createPrincipals(world)
}
beforeEach(() => start({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } }))

const change = (secrets: unknown, headers: Record<string, string> = who['session ADMIN'].headers) =>
  call(put, { method: 'PUT', path: '/v1/secrets', headers, body: { secrets } })
const listed = async (headers: Record<string, string> = who['session ADMIN'].headers) =>
  (await call(list, { headers })).json.secrets
const rows = () => world.db.read.select().from(world.db.t.secrets).orderBy(asc(world.db.t.secrets.key))
const plainOf = async (key: string) => {
  const row = (await rows()).find((each) => each.key === key)
  return (await unwrapSecret(world.config.auth, row?.value ?? ''))?.toString() ?? null
}

describe('PUT /v1/secrets', () => {
  test('sets and deletes, answers with the names, and stores ciphertext', async () => {
    const first = await change([
      { key: ' OPENAI_API_KEY ', value: `  ${VALUE}\n` },
      { key: '_old', value: 'x' },
    ])
    expect([first.status, first.json]).toEqual([
      200,
      { data: { upserted_keys: ['OPENAI_API_KEY', '_old'], deleted_keys: [] } },
    ])
    expect(await plainOf('OPENAI_API_KEY')).toBe(VALUE)
    expect(JSON.stringify(await rows())).not.toContain(VALUE)
    const second = await change([
      { key: '_old', value: null },
      { key: 'never_there', value: null },
    ])
    expect(second.json).toEqual({ data: { upserted_keys: [], deleted_keys: ['_old', 'never_there'] } })
    expect((await rows()).map(({ key }) => key)).toEqual(['OPENAI_API_KEY'])
  })

  test('of entries with one name the last counts', async () => {
    const answer = await change([
      { key: 'A', value: 'first' },
      { key: 'B', value: 'kept' },
      { key: ' A', value: null },
      { key: 'B ', value: 'last' },
    ])
    expect(answer.json).toEqual({ data: { upserted_keys: ['B'], deleted_keys: ['A'] } })
    expect([(await rows()).length, await plainOf('B')]).toEqual([1, 'last'])
  })

  test('replacing keeps the day it was made and names the one who replaced it', async () => {
    await change([{ key: 'A', value: 'first' }])
    const [before] = await rows()
    world.clock = () => new Date(Date.now() + 60_000)
    await change([{ key: 'A', value: 'second' }], who['admin secret'].headers)
    const [after] = await rows()
    expect(after?.createdAt).toEqual(before?.createdAt)
    expect(after?.updatedAt.getTime()).toBeGreaterThan(before?.updatedAt.getTime() ?? Number.NaN)
    expect([before?.userId, after?.userId]).toEqual([who['session ADMIN'].userId, 1])
  })

  test.each([
    ['an empty list', []],
    ['no list', undefined],
    ['a text', 'A=b'],
    ['a blank name', [{ key: '  ', value: 'x' }]],
    ['a name that begins with a digit', [{ key: '1A', value: 'x' }]],
    ['a name with a hyphen', [{ key: 'A-B', value: 'x' }]],
    ['a name with a line break in it', [{ key: 'A\nB', value: 'x' }]],
    ['a name that is too long', [{ key: 'A'.repeat(256), value: 'x' }]],
    ['no name', [{ value: 'x' }]],
    ['a blank value', [{ key: 'A', value: ' \n ' }]],
    ['no value', [{ key: 'A' }]],
    ['a number as value', [{ key: 'A', value: 12 }]],
    ['one bad entry among good ones', [{ key: 'GOOD', value: 'x' }, { key: 'A' }]],
    [
      'more than a request may change',
      Array.from({ length: 1001 }, (_, n) => ({ key: `K${n}`, value: 'x' })),
    ],
  ])('%s is 422 and changes nothing', async (_name, secrets) => {
    expect((await change(secrets)).status).toBe(422)
    expect(await rows()).toEqual([])
  })

  test('a faulty entry does not come back in the answer', async () => {
    const { text } = await change([{ key: VALUE, value: [VALUE] }])
    expect(text).not.toContain(VALUE)
  })

  test('more than a server keeps is refused as a whole', async () => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ key: `K${from + n}`, value: 'x' }))
    expect((await change(many(0, 999))).status).toBe(200)
    expect((await change(many(2000, 2))).status).toBe(409)
    expect((await change(many(2000, 1))).status).toBe(200)
    expect((await rows()).length).toBe(1000)
  })

  test.each([
    ['anonymous', 401],
    ['session MEMBER', 403],
    ['session VIEWER', 403],
    ['system key MEMBER full', 403],
    ['user key ADMIN read', 403],
    ['user key ADMIN full', 200],
    ['system key ADMIN full', 200],
    ['admin secret', 200],
  ] as const)('%s gets %i', async (name, status) => {
    expect((await change([{ key: 'A', value: 'x' }], who[name].headers)).status).toBe(status)
  })

  test('is on record with the names and without the values', async () => {
    await change([{ key: 'A', value: VALUE }])
    await change([
      { key: 'A', value: null },
      { key: 'UNKNOWN', value: null },
    ])
    const { auditEvents } = world.db.t
    const events = await world.db.read.select().from(auditEvents).orderBy(asc(auditEvents.id))
    const ours = events.filter(({ action }) => action.startsWith('secret.'))
    expect(ours.map(({ action, target, details }) => [action, target, JSON.parse(details)])).toEqual([
      ['secret.set', 'Secret:A', { count: 1, keys: ['A'] }],
      ['secret.delete', 'Secret:A', { count: 1, keys: ['A'] }],
    ])
    expect(JSON.stringify(events) + lines.join('')).not.toContain(VALUE)
  })

  test('twenty at the same moment leave each name once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        change([
          { key: n % 2 ? 'A' : 'B', value: `${n}` },
          { key: n % 2 ? 'B' : 'A', value: `${n}` },
        ]),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await rows()).map(({ key }) => key)).toEqual(['A', 'B'])
  })
})

describe('without accounts', () => {
  const off = (secret: string | null) =>
    start({ config: { auth: { enabled: false, secret, previousSecrets: [] } as never } })

  test('everybody may store secrets', async () => {
    await off(TEST_SECRET)
    expect((await change([{ key: 'A', value: VALUE }], {})).status).toBe(200)
    expect(await listed({})).toMatchObject([{ key: 'A', state: 'set', updatedBy: null }])
  })

  test('nothing is stored without PHOENIX_SECRET, and the sentence says why', async () => {
    await off(null)
    const answer = await change([{ key: 'A', value: VALUE }], {})
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('PHOENIX_SECRET is not set')])
    expect(await rows()).toEqual([])
    expect((await call(list, {})).json.canStore).toBe(false)
  })
})

describe('GET /ui/secrets', () => {
  test('lists names, times and authors, never a value', async () => {
    await change([
      { key: 'B', value: VALUE },
      { key: 'A', value: VALUE },
    ])
    const answer = await call(list, { headers: who['session ADMIN'].headers })
    expect(answer.json).toEqual({
      canStore: true,
      secrets: ['A', 'B'].map((key) => ({
        key,
        state: 'set',
        createdAt: expect.stringMatching(/Z$/),
        updatedAt: expect.stringMatching(/Z$/),
        updatedBy: { username: 'admin person' },
      })),
    })
  })

  test('a secret that was tampered with is reported and does no harm to the others', async () => {
    await change([
      { key: 'A', value: 'x' },
      { key: 'B', value: 'x' },
      { key: 'C', value: 'x' },
    ])
    const { secrets } = world.db.t
    const [{ value } = { value: '' }] = await rows()
    const tampered = `${value.slice(0, 40)}${value[40] === 'A' ? 'B' : 'A'}${value.slice(41)}`
    await world.db.write((tx) => tx.update(secrets).set({ value: tampered }).where(eq(secrets.key, 'A')))
    await world.db.write((tx) => tx.update(secrets).set({ value: 'no token' }).where(eq(secrets.key, 'B')))
    expect((await listed()).map((each: { state: string }) => each.state)).toEqual([
      'unreadable',
      'unreadable',
      'set',
    ])
    expect(lines.join('')).toMatch(/"names":\["A","B"\].*cannot be read/)
  })

  test('the account of an author may go', async () => {
    await change([{ key: 'A', value: 'x' }])
    const { users } = world.db.t
    const other = who['admin secret'].headers
    await world.db.write((tx) => tx.delete(users).where(eq(users.id, who['session ADMIN'].userId ?? 0)))
    expect(await listed(other)).toMatchObject([{ key: 'A', updatedBy: null }])
  })
})
