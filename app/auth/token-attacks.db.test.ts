import { createHmac } from 'node:crypto'
import { and, asc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { POST as refresh } from '#app/auth/refresh/route'
import { GET as profile } from '#app/v1/user/route'
import { settleBackground } from '#server/audit/background'
import { settleFloods } from '#server/audit/flood'
import type { Session } from '#server/auth/sessions'
import { endSessions } from '#server/auth/sessions'
import { signToken } from '#server/auth/tokens'
import { admitSender } from '#server/ingest/sender'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import { type Answer, call } from '../../test/call'
import { createKey } from '../../test/principals'
import { createTestRuntime, TEST_SECRET, type TestRuntime } from '../../test/runtime'

const OTHER_SECRET = 'other-secret-0123456789-abcdefghijk'
const NOW = new Date('2026-05-01T12:00:00.000Z')
const MINUTE_MS = 60_000
let now = NOW
let world: TestRuntime
let user: User
let session: Session
let key: string
let keyId: number
let address: string
let tests = 0

beforeAll(async () => {
  world = await createTestRuntime({
    clock: () => now,
    config: { auth: { accessTokenMinutes: 10, refreshTokenMinutes: 60 } },
  })
})
beforeEach(async () => {
  now = NOW
  // Refusals are counted by address.
  address = `192.0.2.${++tests}`
  user = await createAccount(world)
  session = await createSession(world, user)
  const made = await createKey(world, { userId: user.id, scope: 'full', role: null })
  key = (made.headers.authorization as string).slice('Bearer '.length)
  keyId = made.keyId
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
function jwt(header: object, payload: object, secret = TEST_SECRET, hash = 'sha256'): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}
const rowIdOf = (text: string) =>
  JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()).jti.split(':')[1] as string
const flip = (text: string, at: number) =>
  `${text.slice(0, at)}${text.at(at) === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

const asBearer = (text: string) =>
  call(profile, { headers: { authorization: `Bearer ${text}`, 'x-bennu-peer': address } })
const asCookie = (text: string) =>
  call(profile, { headers: { cookie: `phoenix-access-token=${text}`, 'x-bennu-peer': address } })
const asRefresh = (text: string) =>
  call(refresh, {
    method: 'POST',
    path: '/auth/refresh',
    headers: { cookie: `phoenix-refresh-token=${text}`, 'x-bennu-peer': address },
  })

/** All that a caller can see. */
const seen = ({ status, text, headers }: Answer) => ({ status, text, headers: [...headers] })

async function recorded(action: string) {
  await settleBackground(world.db)
  const { auditEvents: t } = world.db.t
  return world.db.read
    .select({ outcome: t.outcome, reason: t.reason, credential: t.credential, target: t.target })
    .from(t)
    .where(and(eq(t.action, action), eq(t.address, address)))
    .orderBy(asc(t.id))
}

type Attack = [name: string, text: () => string | Promise<string>, reason: string, credential?: () => string]

const accessRow = () => `AccessToken:${session.accessTokenId}`
const jti = (text: string) => ({ jti: text })
const HS256 = { alg: 'HS256', typ: 'JWT' }

const onAccess: Attack[] = [
  ['garbage', () => 'garbage', 'malformed'],
  ['a token cut short', () => session.accessToken.slice(0, -5), 'signature', accessRow],
  ['a token with one character changed', () => flip(session.accessToken, 10), 'malformed'],
  [
    'a token whose signature has one character changed',
    () => flip(session.accessToken, -5),
    'signature',
    accessRow,
  ],
  ['alg none, unsigned', () => `${encode({ alg: 'none' })}.${encode(jti(accessRow()))}.`, 'algorithm'],
  ['alg none, signed', () => jwt({ alg: 'none' }, jti(accessRow())), 'algorithm'],
  ['alg HS512', () => jwt({ alg: 'HS512' }, jti(accessRow()), TEST_SECRET, 'sha512'), 'algorithm'],
  ['another secret', () => jwt(HS256, jti(accessRow()), OTHER_SECRET), 'signature', accessRow],
  ['the leaked secret and a live row', () => jwt(HS256, jti(accessRow())), 'forged', accessRow],
  [
    'a row that never was',
    () => jwt(HS256, jti('AccessToken:999999')),
    'revoked',
    () => 'AccessToken:999999',
  ],
  [
    'a refresh token',
    () => session.refreshToken,
    'wrong-kind',
    () => `RefreshToken:${rowIdOf(session.refreshToken)}`,
  ],
  [
    'a password reset token',
    () => signToken('PasswordResetToken', 1, TEST_SECRET),
    'wrong-kind',
    () => 'PasswordResetToken:1',
  ],
]

async function afterSignOut(): Promise<string> {
  await world.db.write((tx) => endSessions(tx, world.db, user.id))
  return session.accessToken
}
async function afterExpiry(): Promise<string> {
  now = new Date(NOW.getTime() + 10 * MINUTE_MS)
  return session.accessToken
}
async function afterRenewal(): Promise<string> {
  await asRefresh(session.refreshToken)
  return session.accessToken
}
async function ofDisabled(): Promise<string> {
  const { users } = world.db.t
  await world.db.write((tx) => tx.update(users).set({ disabledAt: NOW }).where(eq(users.id, user.id)))
  return session.accessToken
}
const replayed: Attack[] = [
  ['a token replayed after sign-out', afterSignOut, 'revoked', accessRow],
  ['a token replayed after a renewal', afterRenewal, 'revoked', accessRow],
  ['an expired token', afterExpiry, 'expired', accessRow],
  ['a token of a disabled account', ofDisabled, 'disabled', accessRow],
]

describe.each([
  ['as a bearer', asBearer],
  ['as a cookie', asCookie],
] as const)('%s', (_place, send) => {
  test('the tokens these tests damage are good to begin with', async () => {
    expect((await send(session.accessToken)).status).toBe(200)
    expect(await recorded('credential.refuse')).toEqual([])
  })

  test.each([...onAccess, ...replayed])(
    '%s is refused like garbage, and recorded with its reason',
    async (_name, textOf, reason, credentialOf) => {
      const text = await textOf()
      const answer = await send(text)
      const [entry, ...more] = await recorded('credential.refuse')
      expect(more).toEqual([])
      expect(entry).toMatchObject({ outcome: 'failure', reason, credential: credentialOf?.() ?? null })
      expect(seen(answer)).toEqual(seen(await send('garbage')))
      expect(answer.status).toBe(401)
    },
  )
})

test('a key in a cookie is refused like garbage, and recorded', async () => {
  const answer = await asCookie(key)
  expect(await recorded('credential.refuse')).toEqual([
    { outcome: 'failure', reason: 'wrong-kind', credential: `ApiKey:${keyId}`, target: null },
  ])
  expect(seen(answer)).toEqual(seen(await asCookie('garbage')))
})

describe('as a refresh cookie', () => {
  const refreshRow = () => `RefreshToken:${rowIdOf(session.refreshToken)}`
  const attacks: Attack[] = [
    ['a token cut short', () => session.refreshToken.slice(0, -5), 'signature'],
    ['alg none', () => jwt({ alg: 'none' }, jti(refreshRow())), 'algorithm'],
    ['another secret', () => jwt(HS256, jti(refreshRow()), OTHER_SECRET), 'signature'],
    ['the leaked secret and a live row', () => jwt(HS256, jti(refreshRow())), 'forged', refreshRow],
    ['an access token', () => session.accessToken, 'wrong-kind'],
    ['a key', () => key, 'wrong-kind'],
    [
      'a used token',
      async () => {
        await asRefresh(session.refreshToken)
        return session.refreshToken
      },
      'reused',
      refreshRow,
    ],
    [
      'an expired token',
      () => {
        now = new Date(NOW.getTime() + 60 * MINUTE_MS)
        return session.refreshToken
      },
      'expired',
      refreshRow,
    ],
    [
      'a token replayed after sign-out',
      async () => {
        await afterSignOut()
        return session.refreshToken
      },
      'revoked',
      refreshRow,
    ],
  ]
  test.each(attacks)(
    '%s is refused like garbage, and recorded with its reason',
    async (_name, textOf, reason, credentialOf) => {
      const answer = await asRefresh(await textOf())
      const entry = (await recorded('session.refresh')).find(({ outcome }) => outcome === 'failure')
      expect(entry).toMatchObject({ outcome: 'failure', reason, credential: credentialOf?.() ?? null })
      expect(seen(answer)).toEqual(seen(await asRefresh('garbage')))
      expect(answer.status).toBe(401)
    },
  )
})

describe('where spans are sent', () => {
  const send = (text: string) =>
    admitSender(
      world,
      { authorization: `Bearer ${text}`, accessCookie: null },
      { requestId: 'r', address, userAgent: 'exporter/1' },
    ).then(
      () => 'let in',
      (error: { kind: string; message: string }) => `${error.kind}: ${error.message}`,
    )

  test.each([...onAccess, ...replayed])(
    '%s is refused like garbage, and recorded',
    async (_name, textOf, reason) => {
      const refusal = await send(await textOf())
      expect((await recorded('credential.refuse')).map((entry) => entry.reason)).toEqual([reason])
      expect(refusal).toBe(await send('garbage'))
      expect(refusal).toMatch(/^unauthenticated/)
    },
  )

  test('a deleted key is recorded as revoked, by its id', async () => {
    expect(await send(key)).toBe('let in')
    const { apiKeys } = world.db.t
    await world.db.write((tx) => tx.delete(apiKeys).where(eq(apiKeys.id, keyId)))
    await send(key)
    expect(await recorded('credential.refuse')).toEqual([
      { outcome: 'failure', reason: 'revoked', credential: `ApiKey:${keyId}`, target: null },
    ])
  })

  test('a flood of dead keys is a few entries and one number', async () => {
    for (let sent = 0; sent < 100; sent++) await send('garbage')
    expect((await recorded('credential.refuse')).length).toBeLessThanOrEqual(5)
    await settleFloods(world.db)
    const { auditEvents: t } = world.db.t
    const events = await world.db.read.select().from(t).where(eq(t.address, address))
    const counted = events.reduce((sum, { reason, details }) => {
      return sum + (reason === 'flood' ? JSON.parse(details).count : 1)
    }, 0)
    expect(counted).toBe(100)
  })
})

test('no credential at all is refused and not recorded: nothing was tried', async () => {
  expect((await call(profile, { headers: { 'x-bennu-peer': address } })).status).toBe(401)
  expect(await recorded('credential.refuse')).toEqual([])
})

test('the record never holds a token', async () => {
  await asBearer(session.refreshToken)
  await settleBackground(world.db)
  const { auditEvents: t } = world.db.t
  const events = await world.db.read.select().from(t).where(eq(t.address, address))
  expect(events.length).toBe(1)
  expect(JSON.stringify(events)).not.toContain(session.refreshToken.split('.')[2])
})
