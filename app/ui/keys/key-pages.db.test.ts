import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as usage from '#app/ui/keys/[id]/usage/route'
import * as keys from '#app/ui/keys/route'
import { DELETE as endPrevious } from '#app/v1/system/api_keys/[api_key_id]/previous/route'
import { POST as rotateSystem } from '#app/v1/system/api_keys/[api_key_id]/rotate/route'
import { POST as rotateOwn } from '#app/v1/user/api_keys/[api_key_id]/rotate/route'
import type { KeyPage, KeySummary } from '#server/api-keys/model'
import { encodeGlobalId } from '#server/global-id'
import { type Answer, call } from '../../../test/call'
import {
  createPrincipals,
  type PrincipalName,
  type Principals,
  SYSTEM_USER_ID,
  TEST_ADMIN_SECRET,
} from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

const NOW = new Date('2031-05-06T12:00:00.000Z')
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000)
let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime({
    clock: () => NOW,
    config: { auth: { adminSecret: TEST_ADMIN_SECRET } },
  })
  who = await createPrincipals(runtime)
})

type Row = Partial<TestRuntime['db']['t']['apiKeys']['$inferInsert']>

async function makeKey(columns: Row = {}): Promise<number> {
  const { apiKeys } = runtime.db.t
  const row = { userId: SYSTEM_USER_ID, name: 'a key', createdAt: NOW, ...columns }
  const [made] = await runtime.db.write((tx) => tx.insert(apiKeys).values(row).returning({ id: apiKeys.id }))
  return made?.id as number
}

const personOf = (name: PrincipalName) => who[name].userId as number
const list = (as: PrincipalName, query: string): Promise<Answer> =>
  call(keys.GET, { path: `/ui/keys?${query}`, headers: who[as].headers })
const page = async (as: PrincipalName, query: string): Promise<KeyPage> => (await list(as, query)).json
const usageOf = (as: PrincipalName, id: string) =>
  call(usage.GET, { params: { id }, headers: who[as].headers })
const systemId = (id: number) => encodeGlobalId('SystemApiKey', id)
const userId = (id: number) => encodeGlobalId('UserApiKey', id)

describe('GET /ui/keys', () => {
  test('shows a key with everything a page needs, and no value of it', async () => {
    const id = await makeKey({
      name: 'checkout exporter',
      description: 'of the shop',
      lastFour: 'aB-_',
      scope: 'ingest',
      role: 'VIEWER',
      createdBy: personOf('session ADMIN'),
      expiresAt: days(7),
      lastUsedAt: days(-1),
      lastUsedAddress: '192.0.2.9',
      previousTokenHash: 'f00d',
      previousLastFour: 'olde',
      previousValidUntil: days(1),
      rotatedAt: days(-2),
    })
    const { keys: found } = await page('session ADMIN', 'kind=system&search=checkout')
    expect(found).toEqual([
      {
        id: systemId(id),
        kind: 'system',
        name: 'checkout exporter',
        description: 'of the shop',
        lastFour: 'aB-_',
        scope: 'ingest',
        role: 'VIEWER',
        owner: null,
        createdBy: { id: encodeGlobalId('User', personOf('session ADMIN')), username: 'admin person' },
        createdAt: '2031-05-06T12:00:00.000Z',
        expiresAt: '2031-05-13T12:00:00.000Z',
        expiry: 'soon',
        lastUsedAt: '2031-05-05T12:00:00.000Z',
        lastUsedAddress: '192.0.2.9',
        previousValidUntil: '2031-05-07T12:00:00.000Z',
        previousLastFour: 'olde',
        rotatedAt: '2031-05-04T12:00:00.000Z',
        may: { rotate: true, delete: true },
      },
    ])
  })

  test.each<[string, Date | null, KeySummary['expiry']]>([
    ['none', null, 'far'],
    ['in fourteen days', days(14), 'far'],
    ['a millisecond before that', new Date(days(14).getTime() - 1), 'soon'],
    ['in a millisecond', new Date(NOW.getTime() + 1), 'soon'],
    ['now', NOW, 'over'],
  ])('an expiry %s is flagged as it is', async (name, expiresAt, expiry) => {
    await makeKey({ name: `expires ${name}.`, expiresAt })
    const { keys: found } = await page(
      'session ADMIN',
      `kind=system&search=${encodeURIComponent(`${name}.`)}`,
    )
    expect(found[0]?.expiry).toBe(expiry)
  })

  test('a grace that is over is not shown', async () => {
    await makeKey({ name: 'grace over', previousLastFour: 'olde', previousValidUntil: NOW })
    const { keys: found } = await page('session ADMIN', 'kind=system&search=grace+over')
    expect(found[0]).toMatchObject({ previousValidUntil: null, previousLastFour: null })
  })

  test('goes through many keys page by page, newest first, and says how many there are', async () => {
    const ids: number[] = []
    for (let made = 0; made < 5; made++) ids.unshift(await makeKey({ name: `paged ${made}` }))
    const seen: string[] = []
    let query = 'kind=system&search=paged&limit=2'
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next: KeyPage = await page('session ADMIN', cursor === '' ? query : `${query}&cursor=${cursor}`)
      expect(next.total).toBe(5)
      seen.push(...next.keys.map(({ id }) => id))
      cursor = next.nextCursor && encodeURIComponent(next.nextCursor)
    }
    expect(seen).toEqual(ids.map(systemId))
    query = 'kind=system&search=nothing+like+that'
    expect(await page('session ADMIN', query)).toEqual({ keys: [], nextCursor: null, total: 0 })
  })

  test('finds by part of the name or description in any case, or by the last four characters', async () => {
    const id = await makeKey({ name: 'Straße 50% _x', description: 'für Äpfel', lastFour: 'Zz9-' })
    for (const search of ['50% _X', 'STRA', 'pfel', 'Zz9-']) {
      const { keys: found } = await page('session ADMIN', `kind=system&search=${encodeURIComponent(search)}`)
      expect(
        found.map((key) => key.id),
        search,
      ).toEqual([systemId(id)])
    }
    expect((await page('session ADMIN', 'kind=system&search=50%25+y')).total).toBe(0)
  })

  test('one’s own keys are one’s own, with one’s name and without an address', async () => {
    const own = personOf('session MEMBER')
    const id = await makeKey({ userId: own, name: 'mine' })
    await makeKey({ userId: personOf('session ADMIN'), name: 'mine too' })
    const { keys: found } = await page('session MEMBER', 'kind=own&search=mine')
    expect(found.map((key) => key.id)).toEqual([userId(id)])
    expect(found[0]).toMatchObject({
      owner: { id: encodeGlobalId('User', own), username: 'member person' },
      role: 'MEMBER',
      may: { rotate: true, delete: true },
    })
    expect(JSON.stringify(found)).not.toContain('@')
  })

  test('an admin finds everybody’s by the owner’s name or address, and may delete but not rotate them', async () => {
    const owner = personOf('session VIEWER')
    const id = await makeKey({ userId: owner, name: 'of a viewer' })
    for (const search of ['viewer person', 'VIEWER@example']) {
      const { keys: found } = await page('session ADMIN', `kind=user&search=${encodeURIComponent(search)}`)
      const key = found.find((one) => one.id === userId(id))
      expect(key, search).toMatchObject({
        owner: { username: 'viewer person', email: 'viewer@example.com' },
        may: { rotate: false, delete: true },
      })
    }
    const of = encodeURIComponent(encodeGlobalId('User', owner))
    const theirs = await page('session ADMIN', `kind=user&owner=${of}&search=of+a+viewer`)
    expect(theirs.keys.map((key) => key.id)).toEqual([userId(id)])
  })

  test.each<[PrincipalName, number, number, number]>([
    ['anonymous', 401, 401, 401],
    ['session VIEWER', 200, 403, 403],
    ['session MEMBER', 200, 403, 403],
    ['session ADMIN', 200, 200, 200],
    ['user key MEMBER full', 200, 403, 403],
    ['user key ADMIN read', 200, 200, 200],
    ['user key ADMIN ingest', 403, 403, 403],
    ['system key MEMBER full', 200, 403, 403],
    ['system key ADMIN full', 200, 200, 200],
    ['admin secret', 200, 200, 200],
  ])('%s: own %i, everybody’s %i, the system’s %i', async (as, ...expected) => {
    const answers = [await list(as, 'kind=own'), await list(as, 'kind=user'), await list(as, 'kind=system')]
    expect(answers.map(({ status }) => status)).toEqual(expected)
  })

  test('a system key owns none', async () => {
    expect(await page('system key ADMIN full', 'kind=own')).toEqual({ keys: [], nextCursor: null, total: 0 })
  })

  test.each([
    '',
    'kind=other',
    'kind=own&limit=0',
    'kind=own&limit=501',
    'kind=own&cursor=x',
    'kind=own&owner=x',
  ])('refuses %j with 422', async (query) => {
    expect((await list('session ADMIN', query)).status).toBe(422)
  })
})

describe('GET /ui/keys/{id}/usage', () => {
  const TODAY = Math.floor(NOW.getTime() / 86_400_000)

  async function usedKey(columns: Row, counts: Record<number, number>): Promise<number> {
    const id = await makeKey(columns)
    const { apiKeyUsage } = runtime.db.t
    const rows = Object.entries(counts).map(([ago, count]) => ({
      keyId: id,
      day: TODAY - Number(ago),
      count,
    }))
    await runtime.db.write((tx) => tx.insert(apiKeyUsage).values(rows))
    return id
  }

  test('shows thirty days, those without use included, and what a deletion would stop', async () => {
    const used = { lastUsedAt: days(-1), lastUsedAddress: '192.0.2.9' }
    const id = await usedKey(used, { 0: 5, 6: 7, 7: 11, 29: 13, 30: 1000 })
    const { json } = await usageOf('session ADMIN', systemId(id))
    expect(json.days.length).toBe(30)
    expect([json.days[0], json.days[28], json.days[29]]).toEqual([
      { day: '2031-04-07', count: 13 },
      { day: '2031-05-05', count: 0 },
      { day: '2031-05-06', count: 5 },
    ])
    expect({ ...json, days: [] }).toEqual({
      days: [],
      total: 36,
      lastSevenDays: 12,
      lastUsedAt: '2031-05-05T12:00:00.000Z',
      lastUsedAddress: '192.0.2.9',
    })
  })

  test.each<[PrincipalName, number, number]>([
    ['anonymous', 401, 401],
    ['session VIEWER', 404, 404],
    ['session MEMBER', 200, 404],
    ['session ADMIN', 200, 200],
    ['user key MEMBER read', 200, 404],
    ['system key MEMBER full', 404, 404],
    ['admin secret', 200, 200],
  ])('%s: of a member’s key %i, of a system key %i', async (as, member, system) => {
    const membersKey = userId(await makeKey({ userId: personOf('session MEMBER') }))
    const statuses = [await usageOf(as, membersKey), await usageOf(as, systemId(await makeKey()))]
    expect(statuses.map(({ status }) => status)).toEqual([member, system])
  })

  test('a key named as the other kind is not found, garbage is 422', async () => {
    const id = await makeKey()
    const statuses = [
      await usageOf('session ADMIN', userId(id)),
      await usageOf('session ADMIN', 'garbage'),
      await usageOf('session ADMIN', encodeGlobalId('User', 1)),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([404, 422, 422])
  })
})

describe('rotating over REST', () => {
  let id: number
  beforeEach(async () => {
    id = await makeKey({ name: 'rotated', tokenHash: 'f00d', lastFour: 'olde' })
  })
  const rotate = (as: PrincipalName, body: unknown, key = systemId(id)) =>
    call(rotateSystem, { method: 'POST', params: { api_key_id: key }, headers: who[as].headers, body })
  const end = (as: PrincipalName) =>
    call(endPrevious, { method: 'DELETE', params: { api_key_id: systemId(id) }, headers: who[as].headers })

  test('answers with the key and its new value, kept by no cache', async () => {
    const answer = await rotate('session ADMIN', { data: { grace_seconds: 3600 } })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.json.data).toMatchObject({
      id: systemId(id),
      name: 'rotated',
      rotated_at: '2031-05-06T12:00:00+00:00',
      previous_valid_until: '2031-05-06T13:00:00+00:00',
      last_four: answer.json.data.key.slice(-4),
    })
  })

  test.each([
    [{}, 422],
    [{ data: {} }, 422],
    [{ data: { grace_seconds: -1 } }, 422],
    [{ data: { grace_seconds: 1.5 } }, 422],
    [{ data: { grace_seconds: '60' } }, 422],
    [{ data: { grace_seconds: 2_592_001 } }, 422],
    [{ data: { grace_seconds: 2_592_000 } }, 200],
    [{ data: { grace_seconds: 0, expires_at: 'tomorrow' } }, 422],
  ])('%j is %i', async (body, status) => {
    expect((await rotate('session ADMIN', body)).status).toBe(status)
  })

  test.each<[PrincipalName, number, number]>([
    ['anonymous', 401, 401],
    ['session MEMBER', 403, 403],
    ['session ADMIN', 200, 204],
    ['user key ADMIN full', 403, 403],
    ['system key ADMIN full', 403, 403],
    ['admin secret', 200, 204],
  ])('%s: rotating is %i, ending the grace %i', async (as, rotating, ending) => {
    expect((await rotate(as, { data: { grace_seconds: 60 } })).status).toBe(rotating)
    if (rotating !== 200) await rotate('session ADMIN', { data: { grace_seconds: 60 } })
    expect((await end(as)).status).toBe(ending)
  })

  test('people rotate their own keys, whatever their role, and nobody another’s', async () => {
    const own = userId(await makeKey({ userId: personOf('session VIEWER'), tokenHash: 'f00d' }))
    const body = { data: { grace_seconds: 60 } }
    const statuses: number[] = []
    for (const as of ['session VIEWER', 'session ADMIN', 'user key VIEWER full'] as const) {
      const sent = { method: 'POST', params: { api_key_id: own }, headers: who[as].headers, body }
      statuses.push((await call(rotateOwn, sent)).status)
    }
    expect(statuses).toEqual([200, 404, 403])
  })
})
