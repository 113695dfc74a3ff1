/** Who is known and is refused is on record: once for each credential and right, and as a number after that. */
import { asc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as profile from '#app/v1/user/route'
import * as users from '#app/v1/users/route'
import { settleBackground, settleNoted } from '#server/audit/background'
import { openChainKey } from '#server/audit/chain'
import { noteDenied } from '#server/audit/denied'
import { verifyChain } from '#server/audit/verify'
import type { Ctx } from '#server/context'
import { refuseUnless } from '#server/http'
import { admitSender } from '#server/ingest/sender'
import type { Actor } from '#server/permissions'
import { setRuntime } from '#server/runtime'
import { createAccount, sessionCookies } from '../../test/accounts'
import { type Call, call } from '../../test/call'
import { askGraphql } from '../../test/graphql'
import {
  createPrincipals,
  type PrincipalName,
  type Principals,
  TEST_ADMIN_SECRET,
} from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const NOW = new Date('2031-05-06T12:00:00Z')

let world: TestRuntime
let who: Principals

beforeAll(async () => {
  world = await createTestRuntime({ clock: () => NOW, config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(world)
})

let action = 0
beforeEach(async () => {
  await settleNoted(world.db)
  action = (await denied()).length
})

async function denied() {
  await settleBackground(world.db)
  const { auditEvents: t } = world.db.t
  const rows = await world.db.read
    .select()
    .from(t)
    .where(eq(t.action, 'permission.refuse'))
    .orderBy(asc(t.id))
  return rows.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details) }))
}

/** What this test has left in the log. */
const left = async () => (await denied()).slice(action)

const FROM = { 'x-bennu-peer': '192.0.2.7', 'user-agent': 'script/1' }
const as = (name: PrincipalName, more: Call = {}): Call => ({
  ...more,
  headers: { ...who[name].headers, ...FROM },
})
const newPerson = { user: { auth_method: 'LOCAL', username: 'x', email: 'x@example.com', role: 'VIEWER' } }
const keyOf = (name: PrincipalName) => `ApiKey:${who[name].keyId}`

const send = (name: PrincipalName, address = '192.0.2.7') =>
  admitSender(
    world,
    { authorization: who[name].headers.authorization ?? null, accessCookie: null },
    { requestId: 'r', address, userAgent: 'exporter/1' },
  ).catch((error: { kind: string }) => error.kind)

type Refused = [
  what: string,
  ask: () => Promise<unknown>,
  entry: { actorKind: string; reason: string; target: string; credential: () => unknown },
]

const REFUSED: Refused[] = [
  [
    'a person whose role is too weak',
    () => call(users.GET, as('session VIEWER')),
    {
      actorKind: 'session',
      reason: 'insufficient-role',
      target: 'Permission:user.list',
      credential: () => expect.stringMatching(/^AccessToken:\d+$/),
    },
  ],
  [
    'a key that was made for reading',
    () => call(users.POST, as('user key ADMIN read', { method: 'POST', body: newPerson })),
    {
      actorKind: 'userKey',
      reason: 'scope',
      target: 'Permission:user.create',
      credential: () => keyOf('user key ADMIN read'),
    },
  ],
  [
    'a system key whose role is too weak',
    () => call(users.GET, as('system key MEMBER full')),
    {
      actorKind: 'systemKey',
      reason: 'insufficient-role',
      target: 'Permission:user.list',
      credential: () => keyOf('system key MEMBER full'),
    },
  ],
  [
    'the admin secret, where a person is wanted',
    () => call(profile.PATCH, as('admin secret', { method: 'PATCH', body: { user: {} } })),
    {
      actorKind: 'adminSecret',
      reason: 'wrong-credential',
      target: 'Permission:profile.update',
      credential: () => 'AdminSecret',
    },
  ],
  [
    'a key for reading that sends spans',
    () => send('user key MEMBER read'),
    {
      actorKind: 'userKey',
      reason: 'scope',
      target: 'Permission:trace.ingest',
      credential: () => keyOf('user key MEMBER read'),
    },
  ],
  [
    'a key for ingest that asks GraphQL',
    () => askGraphql('{ viewer { id } }', { ...who['user key MEMBER ingest'].headers, ...FROM }),
    {
      actorKind: 'userKey',
      reason: 'scope',
      target: 'Permission:graphql.use',
      credential: () => keyOf('user key MEMBER ingest'),
    },
  ],
  [
    'a mutation of GraphQL',
    () =>
      askGraphql('mutation { deleteUsers(input: { userIds: [] }) { userIds } }', {
        ...who['system key VIEWER full'].headers,
        ...FROM,
      }),
    {
      actorKind: 'systemKey',
      reason: 'insufficient-role',
      target: 'Permission:user.delete',
      credential: () => keyOf('system key VIEWER full'),
    },
  ],
]

describe('on record, with who, by what, what for and from where', () => {
  test.each(REFUSED)('%s', async (_what, ask, { credential, ...entry }) => {
    await ask()
    const [found, ...more] = await left()
    expect(more).toEqual([])
    expect(found).toMatchObject({
      ...entry,
      credential: credential(),
      outcome: 'failure',
      address: '192.0.2.7',
    })
    expect(found?.userAgent).toMatch(/^(script|exporter)\/1$/)
  })

  test('a person who must set a new password first', async () => {
    const user = await createAccount(world, { role: 'ADMIN', resetPassword: true })
    const cookie = await sessionCookies(world, user)
    expect((await call(users.GET, { headers: { cookie, ...FROM } })).status).toBe(403)
    expect(await left()).toMatchObject([
      {
        actorUserId: user.id,
        actorName: user.username,
        reason: 'must-reset',
        target: 'Permission:user.list',
      },
    ])
  })
})

describe('not on record', () => {
  test('who shows no credential: that is a 401', async () => {
    expect((await call(users.GET, { headers: FROM })).status).toBe(401)
    expect(await left()).toEqual([])
  })

  test('anybody while authentication is off', async () => {
    const ctx = ctxOf({ kind: 'open' })
    expect(() => refuseUnless(ctx, 'user.list')).toThrow('authentication is disabled')
    expect(await left()).toEqual([])
  })

  test('what is allowed', async () => {
    expect((await call(users.GET, as('session ADMIN'))).status).toBe(200)
    expect(await left()).toEqual([])
  })
})

const ctxOf = (actor: Actor, address = '192.0.2.7', clock = world.clock): Ctx => ({
  ...world,
  clock,
  actor,
  request: { requestId: 'r', address, userAgent: 'script/1' },
})
let keys = 1000
const someKey = (): Actor => ({ kind: 'systemKey', userId: 1, role: 'MEMBER', keyId: ++keys, scope: 'read' })

describe('a script in a loop', () => {
  test('costs one transaction, and one more for the other 499 refusals', async () => {
    let writes = 0
    const write: typeof world.db.write = (work) => {
      writes += 1
      return world.db.write(work)
    }
    const db = { ...world.db, write }
    const ctx = { ...ctxOf(someKey()), db }
    for (let asked = 0; asked < 500; asked++) {
      expect(() => refuseUnless(ctx, 'trace.ingest')).toThrow('You do not have permission')
      if (asked % 50 === 0) await settleBackground(db)
    }
    await settleBackground(db)
    expect([writes, (await left()).length]).toEqual([1, 1])
    await settleNoted(db)
    expect(writes).toBe(2)
    const [, rest, ...more] = await left()
    expect(more).toEqual([])
    expect(rest).toMatchObject({
      reason: 'flood',
      actorKind: 'systemKey',
      actorUserId: 1,
      credential: `ApiKey:${keys}`,
      target: 'Permission:trace.ingest',
      address: '192.0.2.7',
      details: { count: 499, reasons: ['scope'] },
    })
  })

  test('with all its requests at once is the same two entries', async () => {
    const actor = someKey()
    for (let asked = 0; asked < 300; asked++) noteDenied(ctxOf(actor), 'trace.ingest')
    await settleNoted(world.db)
    expect((await left()).map(({ reason, details }) => [reason, details.count])).toEqual([
      ['scope', undefined],
      ['flood', 299],
    ])
  })

  test('hides no other right that is tried, and no other key', async () => {
    const [one, other] = [someKey(), someKey()]
    for (let asked = 0; asked < 50; asked++) noteDenied(ctxOf(one), 'trace.ingest')
    noteDenied(ctxOf(one), 'user.delete')
    noteDenied(ctxOf(other), 'trace.ingest')
    const found = (await left()).map(({ credential, target }) => `${credential} ${target}`)
    expect(found.sort()).toEqual([
      `ApiKey:${keys - 1} Permission:trace.ingest`,
      `ApiKey:${keys - 1} Permission:user.delete`,
      `ApiKey:${keys} Permission:trace.ingest`,
    ])
  })

  test('is one client wherever it asks from', async () => {
    const actor = someKey()
    for (let n = 1; n <= 40; n++) noteDenied(ctxOf(actor, `198.51.100.${n}`), 'user.list')
    await settleNoted(world.db)
    expect((await left()).map(({ address, details }) => [address, details.count])).toEqual([
      ['198.51.100.1', undefined],
      [null, 39],
    ])
  })

  test('is told of anew an hour later', async () => {
    const actor = someKey()
    let now = Date.parse('2031-05-06T07:10:00Z')
    const ctx = ctxOf(actor, '192.0.2.7', () => new Date(now))
    for (let asked = 0; asked < 3; asked++) noteDenied(ctx, 'user.list')
    now += 3_600_000
    noteDenied(ctx, 'user.list')
    const found = (await left()).map(({ reason, details }) => `${reason} ${details.count ?? 1}`)
    expect(found.sort()).toEqual(['flood 2', 'insufficient-role 1', 'insufficient-role 1'])
  })

  test('with many keys at once is an entry for each, or its number', async () => {
    for (let made = 0; made < 30; made++) noteDenied(ctxOf(someKey()), 'user.list')
    await settleNoted(world.db)
    const found = await left()
    expect(new Set(found.map(({ credential }) => credential)).size).toBe(30)
    expect(found.length).toBe(30)
  })

  test('leaves a chain that verifies', async () => {
    const opened = await verifyChain(world.db, (stored) => openChainKey(world.config, stored))
    expect(opened).toMatchObject({ ok: true })
  })
})

test('nobody waits for the record: a database that takes no writes still answers 403', async () => {
  const stuck = { ...world, db: { ...world.db, write: () => new Promise<never>(() => {}) } }
  setRuntime(stuck)
  try {
    expect((await call(users.GET, as('session VIEWER'))).status).toBe(403)
  } finally {
    setRuntime(world)
  }
})
