import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { asc, eq, gt } from 'drizzle-orm'
import { pino } from 'pino'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ensureAuditChain, openChainKey, type StoredKey } from '#server/audit/chain'
import { entryHash, GENESIS_HASH, personalDigest } from '#server/audit/entry'
import { renewChainKey } from '#server/audit/new-key'
import { type AuditEvent, type RecordCtx, recordEvent } from '#server/audit/record'
import { type ChainReport, verifyChain } from '#server/audit/verify'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { createLogger } from '#server/log'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { TEST_SECRET, testConfig } from '../../test/runtime'

const config = testConfig()
const withoutSecret = testConfig({ auth: { enabled: false, secret: null } as Partial<Config['auth']> })
const OTHER_SECRET = 'other-secret-0123456789-abcdefghijk'
const withOtherSecret = testConfig({ auth: { secret: OTHER_SECRET } as Partial<Config['auth']> })

let db: TestDatabase
let lines: Record<string, unknown>[]

beforeAll(async () => {
  db = await createTestDatabase()
})

beforeEach(async () => {
  lines = []
  await removeChain()
  await start(config)
})

async function removeChain(): Promise<void> {
  await db.write(async (tx) => {
    await tx.delete(db.t.auditEvents)
    await tx.delete(db.t.auditChain)
  })
}

/** What `bennu serve` does with the chain. */
const start = async (as: Config) => (await db.write((tx) => ensureAuditChain(tx, as, db))).became

/** What `bennu audit new-key` does. */
const giveUp = (as: Config) => renewChainKey(ctx({ config: as, actor: { kind: 'commandLine' } }))

const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })

const ctx = (rest: Partial<RecordCtx> = {}): RecordCtx => ({
  db,
  config,
  log,
  clock: () => new Date('2031-05-06T07:08:09.123Z'),
  actor: { kind: 'systemKey', userId: 1, role: 'ADMIN', keyId: 7, scope: 'full' },
  request: { address: '192.0.2.7', userAgent: 'curl/8' },
  ...rest,
})

const record = (event: Partial<AuditEvent> = {}, as: Partial<RecordCtx> = {}) =>
  db.write((tx) => recordEvent(tx, ctx(as), { action: 'apiKey.create', outcome: 'success', ...event }))

async function recordMany(count: number): Promise<void> {
  for (let made = 1; made <= count; made++)
    await record({ target: `ApiKey:${made}`, actorName: `name ${made}` })
}

const verify = (as: Config = config): Promise<ChainReport> =>
  verifyChain(db, (stored: StoredKey) => openChainKey(as, stored))

const entries = () => db.read.select().from(db.t.auditEvents).orderBy(asc(db.t.auditEvents.id))

test('an empty log verifies', async () => {
  expect(await verify()).toEqual({
    ok: true,
    count: 0,
    hash: '0'.repeat(64),
    erased: 0,
    unreadable: [],
    unproven: [],
  })
})

test.each([9, 10, 11, 30])(
  'a log of %i entries verifies, ten at a time, up to its last hash',
  async (count) => {
    await recordMany(count)
    const last = (await entries()).at(-1)
    const report = await verifyChain(db, (stored) => openChainKey(config, stored), { pageSize: 10 })
    expect(report).toMatchObject({ ok: true, count, hash: last?.hash })
  },
)

test('an entry holds what was said and what the context knows', async () => {
  await record({
    reason: 'r',
    target: 'ApiKey:9',
    targetName: 'nightly',
    actorName: 'ada',
    details: { b: 1, a: ['x'] },
  })
  const [entry] = await entries()
  expect(entry).toMatchObject({
    id: 1,
    at: new Date('2031-05-06T07:08:09.123Z'),
    action: 'apiKey.create',
    outcome: 'success',
    reason: 'r',
    actorKind: 'systemKey',
    actorUserId: 1,
    credential: 'ApiKey:7',
    target: 'ApiKey:9',
    targetName: 'nightly',
    actorName: 'ada',
    address: '192.0.2.7',
    userAgent: 'curl/8',
  })
  expect(JSON.parse(entry?.details ?? '')).toEqual({ a: ['x'], b: 1 })
})

const TAMPERINGS: [string, Partial<Awaited<ReturnType<typeof entries>>[number]>, string][] = [
  ['the time, by a millisecond', { at: new Date('2031-05-06T07:08:09.124Z') }, 'changed'],
  ['the action', { action: 'apiKey.delete' }, 'changed'],
  ['the outcome', { outcome: 'failure' }, 'changed'],
  ['the reason', { reason: 'x' }, 'changed'],
  ['the kind of actor', { actorKind: 'session' }, 'changed'],
  ['the actor', { actorUserId: 2 }, 'changed'],
  ['the credential', { credential: 'ApiKey:8' }, 'changed'],
  ['the target', { target: 'ApiKey:20' }, 'changed'],
  ['the details', { details: '{"x":1}' }, 'changed'],
  ['the digest of personal data', { personalDigest: '0'.repeat(64) }, 'changed'],
  ['the hash', { hash: '0'.repeat(64) }, 'changed'],
  ['the name of the actor', { actorName: 'name 3' }, 'personal-data-changed'],
  ['the address', { address: '192.0.2.8' }, 'personal-data-changed'],
  ['the user agent', { userAgent: null }, 'personal-data-changed'],
  ['the name of the target', { targetName: 'x' }, 'personal-data-changed'],
  ['the salt', { personalSalt: 'x' }, 'personal-data-changed'],
  ['the salt, blanked without the names', { personalSalt: null }, 'personal-data-changed'],
]

test.each(TAMPERINGS)('a changed entry is found: %s', async (_what, change, fault) => {
  await recordMany(3)
  await db.write((tx) => tx.update(db.t.auditEvents).set(change).where(eq(db.t.auditEvents.id, 2)))
  expect(await verify()).toEqual({ ok: false, fault, at: 2 })
})

test.each([
  ['the first', 1],
  ['one in the middle', 2],
  ['the last', 4],
])('a deleted entry is found: %s', async (_which, id) => {
  await recordMany(4)
  await db.write((tx) => tx.delete(db.t.auditEvents).where(eq(db.t.auditEvents.id, id)))
  expect(await verify()).toEqual({ ok: false, fault: 'missing', at: id })
})

test('two entries that changed places are found', async () => {
  await recordMany(4)
  const { auditEvents } = db.t
  await db.write(async (tx) => {
    for (const [from, to] of [
      [2, 99],
      [3, 2],
      [99, 3],
    ] as const)
      await tx.update(auditEvents).set({ id: to }).where(eq(auditEvents.id, from))
  })
  expect(await verify()).toEqual({ ok: false, fault: 'changed', at: 2 })
})

test('an entry deleted and the rest moved up is found', async () => {
  await recordMany(4)
  const { auditEvents, auditChain } = db.t
  await db.write(async (tx) => {
    await tx.delete(auditEvents).where(eq(auditEvents.id, 2))
    await tx.update(auditEvents).set({ id: 2 }).where(eq(auditEvents.id, 3))
    await tx.update(auditEvents).set({ id: 3 }).where(eq(auditEvents.id, 4))
    await tx.update(auditChain).set({ count: 3 })
  })
  expect(await verify()).toEqual({ ok: false, fault: 'changed', at: 2 })
})

test('entries put behind the head are found', async () => {
  await recordMany(2)
  const [first] = await entries()
  if (!first) throw new Error('there is an entry')
  await db.write((tx) => tx.insert(db.t.auditEvents).values({ ...first, id: 3 }))
  expect(await verify()).toEqual({ ok: false, fault: 'beyond-head', at: 3 })
})

test('a head that does not match the last entry is found', async () => {
  await recordMany(2)
  await db.write((tx) => tx.update(db.t.auditChain).set({ hash: 'f'.repeat(64) }))
  expect(await verify()).toEqual({ ok: false, fault: 'head', at: 2 })
})

test('a head that is gone is found', async () => {
  await recordMany(2)
  await db.write((tx) => tx.delete(db.t.auditChain))
  expect(await verify()).toEqual({ ok: false, fault: 'head', at: 2 })
})

test('a cut tail with a rewound head shows against a head noted before', async () => {
  await recordMany(3)
  const noted = await verify()
  const second = (await entries())[1]
  await db.write(async (tx) => {
    await tx.delete(db.t.auditEvents).where(eq(db.t.auditEvents.id, 3))
    await tx.update(db.t.auditChain).set({ count: 2, hash: second?.hash })
  })
  expect(noted).toMatchObject({ ok: true, count: 3 })
  expect(await verify()).toMatchObject({ ok: true, count: 2 })
})

test('blanked personal data keep the chain whole and are counted', async () => {
  await recordMany(3)
  const blank = { actorName: null, targetName: null, address: null, userAgent: null, personalSalt: null }
  await db.write((tx) => tx.update(db.t.auditEvents).set(blank).where(eq(db.t.auditEvents.id, 2)))
  expect(await verify()).toMatchObject({ ok: true, count: 3, erased: 1 })
})

test('equal personal data have unequal digests', async () => {
  await record({ actorName: 'ada' })
  await record({ actorName: 'ada' })
  const [one, other] = await entries()
  expect(one?.personalDigest).not.toBe(other?.personalDigest)
})

test('eight writers at once leave one chain', async () => {
  const writer = async () => {
    for (let made = 0; made < 15; made++) await record()
  }
  await Promise.all(Array.from({ length: 8 }, writer))
  expect(await verify()).toMatchObject({ ok: true, count: 120 })
})

test('an event whose change is rolled back is on no record, in no log, and leaves no gap', async () => {
  await record()
  const broken = db.write(async (tx) => {
    await recordEvent(tx, ctx(), { action: 'apiKey.delete', outcome: 'success' })
    throw new Error('no')
  })
  await expect(broken).rejects.toThrow('no')
  expect(lines.map((line) => line.action)).toEqual(['apiKey.create'])
  await record()
  expect(await verify()).toMatchObject({ ok: true, count: 2 })
})

test('the chain key lies wrapped, and not in clear anywhere', async () => {
  const [head] = await db.read.select().from(db.t.auditChain)
  expect(head).toMatchObject({ id: 1, keyEncrypted: true, chainKey: expect.stringMatching(/^gAAAAA/) })
})

test('starting again changes nothing', async () => {
  await record()
  const before = await db.read.select().from(db.t.auditChain)
  expect(await start(config)).toBe('kept')
  expect(await db.read.select().from(db.t.auditChain)).toEqual(before)
})

test('what was written without PHOENIX_SECRET stays as unproven, and what follows has a new, encrypted key', async () => {
  await removeChain()
  expect(await start(withoutSecret)).toBe('made')
  await record({}, { config: withoutSecret })
  const [clear] = await db.read.select().from(db.t.auditChain)
  expect(clear?.keyEncrypted).toBe(false)
  expect(await start(config)).toBe('secured')
  await record()
  const [head, earlier] = await db.read.select().from(db.t.auditChain).orderBy(asc(db.t.auditChain.id))
  expect([head?.keyEncrypted, earlier]).toEqual([true, { ...clear, id: 2 }])
  const key = await openChainKey(config, head as StoredKey)
  expect(key?.toString('base64')).not.toBe(clear?.chainKey)
  expect(await verify()).toMatchObject({
    ok: true,
    count: 2,
    unreadable: [],
    unproven: [{ from: 1, to: 1 }],
  })
})

test('a stretch without PHOENIX_SECRET that has no entries leaves nothing but its key behind: nobody writes under it', async () => {
  await removeChain()
  await start(withoutSecret)
  const [clear] = await db.read.select().from(db.t.auditChain)
  expect(await start(config)).toBe('secured')
  await record()
  const rows = await db.read.select().from(db.t.auditChain)
  const key = await openChainKey(config, rows[0] as StoredKey)
  expect([rows.length, key?.toString('base64') === clear?.chainKey]).toEqual([1, false])
  expect(await verify()).toMatchObject({ ok: true, count: 1, unproven: [] })
})

test('a log forged under a key in clear stays unproven through later starts', async () => {
  await recordMany(3)
  const wrong = Buffer.alloc(32, 7)
  await rewrite(wrong, await entries())
  const clear = { chainKey: wrong.toString('base64'), keyEncrypted: false }
  await db.write((tx) => tx.update(db.t.auditChain).set(clear))
  expect(await start(config)).toBe('secured')
  await record()
  expect(await start(config)).toBe('kept')
  const report = await verifyChain(db, (key) => openChainKey(config, key), { keyMustBeWrapped: true })
  expect(report).toMatchObject({ ok: true, count: 4, unproven: [{ from: 1, to: 3 }] })
})

test('an unproven stretch cannot be changed any more once something was written after it', async () => {
  await removeChain()
  await start(withoutSecret)
  await recordMany(2)
  const [clear] = await db.read.select().from(db.t.auditChain)
  await start(config)
  await record()
  const { auditChain, auditEvents } = db.t
  const [head] = await db.read.select().from(auditChain).where(eq(auditChain.id, 1))
  // With the key, which lies there for everybody, and the ends of both stretches put right.
  await rewrite(Buffer.from(clear?.chainKey ?? '', 'base64'), (await entries()).slice(0, 2))
  const forged = (await entries())[1]
  await db.write(async (tx) => {
    await tx.update(auditChain).set({ hash: forged?.hash }).where(eq(auditChain.id, 2))
    await tx.update(auditChain).set({ hash: head?.hash }).where(eq(auditChain.id, 1))
  })
  expect(await db.read.$count(auditEvents)).toBe(3)
  expect(await verify()).toEqual({ ok: false, fault: 'changed', at: 3 })
})

test('entries that lost their head are followed by others, and named as unreadable', async () => {
  await recordMany(2)
  await db.write((tx) => tx.delete(db.t.auditChain))
  expect(await start(config)).toBe('made')
  await record()
  expect(await verify()).toMatchObject({ ok: true, count: 3, unreadable: [{ from: 1, to: 2 }] })
})

test('a previous secret goes on opening the key', async () => {
  await record()
  const rotated = testConfig({ auth: { secret: OTHER_SECRET, previousSecrets: [TEST_SECRET] } as never })
  expect(await start(rotated)).toBe('kept')
  await record({}, { config: rotated })
  expect(await verify(rotated)).toMatchObject({ ok: true, count: 2, unreadable: [] })
})

test('a server whose secrets do not open the key refuses to start, and the others go on', async () => {
  await recordMany(2)
  const before = await db.read.select().from(db.t.auditChain)
  await expect(start(withOtherSecret)).rejects.toThrow('BENNU_SECRET_PREVIOUS')
  await expect(start(withoutSecret)).rejects.toThrow('BENNU_SECRET_PREVIOUS')
  expect(await db.read.select().from(db.t.auditChain)).toEqual(before)
  await record()
  expect(await verify()).toMatchObject({ ok: true, count: 3, unreadable: [] })
})

test('a lost key is given up only when asked for, on record, and the entries before are named', async () => {
  await recordMany(3)
  expect(await giveUp(withOtherSecret)).toBe(3)
  expect(await start(withOtherSecret)).toBe('kept')
  await record({}, { config: withOtherSecret })
  const report = await verify(withOtherSecret)
  expect(report).toMatchObject({ ok: true, count: 5, unreadable: [{ from: 1, to: 3 }] })
  const given = (await entries())[3]
  expect([given?.action, given?.actorKind, JSON.parse(given?.details ?? '')]).toEqual([
    'auditChain.newKey',
    'commandLine',
    { unreadable: 3 },
  ])
})

test('a key that opens is not given up', async () => {
  await recordMany(1)
  await expect(giveUp(config)).rejects.toThrow('nothing has to be given up')
  expect(await verify()).toMatchObject({ ok: true, count: 1, unreadable: [] })
})

test('with the lost secret back as a previous one every stretch verifies again', async () => {
  await recordMany(3)
  await giveUp(withOtherSecret)
  await record({}, { config: withOtherSecret })
  const both = testConfig({ auth: { secret: OTHER_SECRET, previousSecrets: [TEST_SECRET] } })
  expect(await verify(both)).toMatchObject({ ok: true, count: 5, unreadable: [] })
  await db.write((tx) => tx.update(db.t.auditEvents).set({ reason: 'x' }).where(eq(db.t.auditEvents.id, 2)))
  expect(await verify(both)).toEqual({ ok: false, fault: 'changed', at: 2 })
})

test('several lost secrets leave several stretches', async () => {
  await giveUp(withOtherSecret)
  await record({}, { config: withOtherSecret })
  await giveUp(config)
  await record()
  const all = testConfig({ auth: { previousSecrets: [OTHER_SECRET] } })
  expect(await verify(config)).toMatchObject({ ok: true, count: 4, unreadable: [{ from: 1, to: 2 }] })
  expect(await verify(all)).toMatchObject({ ok: true, count: 4, unreadable: [] })
})

test('the seam between two stretches is proven even where the first is closed', async () => {
  await recordMany(3)
  await giveUp(withOtherSecret)
  await record({}, { config: withOtherSecret })
  await db.write((tx) =>
    tx
      .update(db.t.auditEvents)
      .set({ hash: 'f'.repeat(64) })
      .where(eq(db.t.auditEvents.id, 3)),
  )
  expect(await verify(withOtherSecret)).toEqual({ ok: false, fault: 'head', at: 3 })
})

test('what cannot be recorded does not happen', async () => {
  const { projects } = db.t
  const now = new Date()
  const change = db.write(async (tx) => {
    await tx.insert(projects).values({ name: 'unrecorded', createdAt: now, updatedAt: now })
    await recordEvent(tx, ctx({ config: withOtherSecret }), { action: 'apiKey.create', outcome: 'success' })
  })
  await expect(change).rejects.toThrow('audit chain key')
  expect(await db.read.$count(projects)).toBe(0)
})

test('text that no database holds is stored cleaned, and the chain holds', async () => {
  const odd = 'a\0b\ud800c\r\nd'
  await record(
    {
      reason: odd,
      targetName: odd,
      actorName: odd,
      target: odd,
      credential: odd,
      details: { odd, list: [odd] },
    },
    { request: { address: odd, userAgent: odd } },
  )
  const [entry] = await entries()
  expect(entry?.userAgent).toBe('a\ufffdb\ufffdc\ufffd\ufffdd')
  expect(await verify()).toMatchObject({ ok: true, count: 1 })
})

test('details of every kind survive the way PostgreSQL respells JSON', async () => {
  await record({
    details: { zebra: 1.5, ant: -0, e: 1e21, 'ä "q"': 'x\\', no: null, yes: true, list: ['b', 'a'] },
  })
  expect(await verify()).toMatchObject({ ok: true, count: 1 })
})

test('an event writes one line for the auth log, without names', async () => {
  await record({
    target: 'ApiKey:9',
    targetName: 'secret-name',
    actorName: 'ada',
    details: { kind: 'system' },
  })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    audit: 1,
    action: 'apiKey.create',
    outcome: 'success',
    credentialId: 'ApiKey:7',
    target: 'ApiKey:9',
    address: '192.0.2.7',
    details: { kind: 'system' },
  })
  expect(JSON.stringify(lines)).not.toMatch(/secret-name|ada/)
})

test('the line can be found by the word auth, and the credential by its id', async () => {
  const written: string[] = []
  const destination = { write: (line: string) => written.push(line) }
  const web = createLogger({ level: 'info', structured: true }, { process: 'web', destination })
  await record({}, { log: web })
  expect(JSON.parse(written.join(''))).toMatchObject({
    logger: expect.stringContaining('auth'),
    credentialId: 'ApiKey:7',
  })
})

test('a failure is logged as a warning', async () => {
  await record({ outcome: 'failure', reason: 'bad-password' })
  expect(lines[0]).toMatchObject({ level: 40, reason: 'bad-password' })
})

test('no line of the log can be forged through an address', async () => {
  await record({}, { request: { address: '1.1.1.1\r\n{"level":30}', userAgent: null } })
  expect(lines[0]?.address).toBe('1.1.1.1\ufffd\ufffd{"level":30}')
})

test('a head noted before finds the last ten cut off, and a log written anew', async () => {
  await recordMany(12)
  const [second, twelfth] = [(await entries())[1], (await entries())[11]]
  const noted = { count: 12, hash: twelfth?.hash ?? '' }
  const against = (head: { count: number; hash: string }) =>
    verifyChain(db, (stored) => openChainKey(config, stored), { noted: head })
  expect(await against(noted)).toMatchObject({ ok: true, count: 12 })
  expect(await against({ count: 2, hash: 'f'.repeat(64) })).toEqual({ ok: false, fault: 'rewritten', at: 2 })
  await db.write(async (tx) => {
    await tx.delete(db.t.auditEvents).where(gt(db.t.auditEvents.id, 2))
    await tx.update(db.t.auditChain).set({ count: 2, hash: second?.hash })
  })
  expect(await verify()).toMatchObject({ ok: true, count: 2 })
  expect(await against(noted)).toEqual({ ok: false, fault: 'cut', at: 3 })
})

test('a chain computed anew without the secret is found', async () => {
  await recordMany(3)
  const stored = await entries()
  const wrong = Buffer.alloc(32, 7)
  await rewrite(wrong, stored)
  expect(await verify()).toEqual({ ok: false, fault: 'changed', at: 1 })
})

test('a chain computed anew under a key of the forger, put in its place in clear, is found', async () => {
  await recordMany(3)
  const wrong = Buffer.alloc(32, 7)
  await rewrite(wrong, await entries())
  const clear = { chainKey: wrong.toString('base64'), keyEncrypted: false }
  await db.write((tx) => tx.update(db.t.auditChain).set(clear))
  const strict = { keyMustBeWrapped: true }
  expect(await verifyChain(db, (key) => openChainKey(config, key), strict)).toEqual({
    ok: false,
    fault: 'open-key',
    at: 1,
  })
})

/** What somebody can do who may write to the database and has another key. */
async function rewrite(key: Buffer, rows: Awaited<ReturnType<typeof entries>>): Promise<void> {
  let hash = GENESIS_HASH
  await db.write(async (tx) => {
    for (const row of rows) {
      const changed = { ...row, reason: 'rewritten' }
      const digest = personalDigest(key, row.personalSalt ?? '', changed)
      hash = entryHash(key, hash, { ...changed, personalDigest: digest })
      const set = { reason: 'rewritten', personalDigest: digest, hash }
      await tx.update(db.t.auditEvents).set(set).where(eq(db.t.auditEvents.id, row.id))
    }
    await tx.update(db.t.auditChain).set({ hash })
  })
}

test('eight writers on two replicas leave one chain', async () => {
  const other = await openTestDatabase(db.config)
  const writer = async (replica: Database) => {
    for (let made = 0; made < 15; made++)
      await replica.write((tx) =>
        recordEvent(tx, ctx({ db: replica }), { action: 'apiKey.create', outcome: 'success' }),
      )
  }
  await Promise.all([db, db, db, db, other, other, other, other].map(writer))
  expect(await verify()).toMatchObject({ ok: true, count: 120 })
})

test('four processes leave one chain', async () => {
  const run = promisify(execFile)
  const args = ['--import', 'tsx', 'test/record-many.ts', JSON.stringify(db.config), '30']
  await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, args)))
  expect(await verify()).toMatchObject({ ok: true, count: 120 })
}, 60_000)
