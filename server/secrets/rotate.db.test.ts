import { eq } from 'drizzle-orm'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { giveUpChainKey, openChainKey } from '#server/audit/chain'
import { verifyChain } from '#server/audit/verify'
import { verifyTokenText } from '#server/auth/tokens'
import { ensureBuiltInRows } from '#server/built-in-rows'
import { readInstanceKey, secretInForce } from '#server/secrets/instance-keys'
import { reportSecrets } from '#server/secrets/report'
import { type RotateProgress, rotateSecrets } from '#server/secrets/rotate'
import { unwrapSecret } from '#server/secrets/secrets'
import { changeSecrets, listSecrets } from '#server/secrets/stored'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, TEST_SECRET, type TestRuntime, testConfig } from '../../test/runtime'

const NEW = 'new-test-secret-9876543210-zyxwvutsr'
let world: TestRuntime
/** The same database under the new secret and the old one, under the new one alone, under the old one alone. */
let both: TestRuntime
let after: TestRuntime

const as = (runtime: TestRuntime) => ({
  ...runtime,
  actor: { kind: 'commandLine' as const },
  request: { address: null, userAgent: null },
})
const configured = (secret: string, previousSecrets: string[] = []): TestRuntime => ({
  ...world,
  config: { ...testConfig({ auth: { secret, previousSecrets } as never }), database: world.db.config },
})
const set = (runtime: TestRuntime, count: number, prefix = 'K') =>
  changeSecrets(as(runtime), {
    secrets: Array.from({ length: count }, (_, n) => ({ key: `${prefix}${n}`, value: `value ${n}` })),
  })
const giveUpAuditKey = ({ db, config }: TestRuntime) => db.write((tx) => giveUpChainKey(tx, config, db))
const statesOf = async (runtime: TestRuntime) =>
  (await listSecrets(as(runtime))).secrets.map(({ key, state }) => `${key} ${state}`)

beforeEach(async () => {
  world = await createTestRuntime()
  both = configured(NEW, [TEST_SECRET])
  after = configured(NEW)
})

describe('until everything is encrypted anew', () => {
  test('servers with both secrets go on with the old one, so that those without the new one understand them', async () => {
    await ensureBuiltInRows(both)
    const user = await createAccount(world)
    const { accessToken } = await createSession(both, user)
    await set(both, 1)
    expect(verifyTokenText(accessToken, [TEST_SECRET])?.signatureGood).toBe(true)
    expect(await statesOf(world)).toEqual(['K0 set'])
    expect(await secretInForce(both.db.read, both)).toBe(TEST_SECRET)
  })

  test('a server that does not have the old secret refuses to start, and changes nothing', async () => {
    await expect(ensureBuiltInRows(after)).rejects.toThrow('BENNU_SECRET_PREVIOUS')
    expect(await secretInForce(world.db.read, configured(NEW, [TEST_SECRET]))).toBe(TEST_SECRET)
  })

  test('where the old secret is lost and the key of the audit log given up, a server begins with the new one', async () => {
    await giveUpAuditKey(after)
    await ensureBuiltInRows(after)
    expect(await secretInForce(world.db.read, configured(NEW, [TEST_SECRET]))).toBe(NEW)
  })
})

describe('encrypting everything anew', () => {
  test('leaves nothing that needs the old secret: secrets, the key of the blocked, the key of the audit log', async () => {
    await set(world, 250)
    const blocked = await readInstanceKey(world.db.read, world, 'blocked-identities')
    const result = await rotateSecrets(as(both), { dryRun: false })
    // Two keys of the installation and one of the audit log, beside the secrets.
    expect(result).toEqual({ earlier: 253, current: 0, unreadable: [] })
    expect((await statesOf(after)).filter((line) => !line.endsWith(' set'))).toEqual([])
    expect((await statesOf(after)).length).toBe(250)
    expect(await readInstanceKey(after.db.read, after, 'blocked-identities')).toEqual(blocked)
    const report = await verifyChain(after.db, (stored) => openChainKey(after.config, stored))
    expect(report).toMatchObject({ ok: true, unreadable: [] })
  })

  test('keeps the values', async () => {
    await set(world, 3)
    await rotateSecrets(as(both), { dryRun: false })
    const { secrets } = world.db.t
    const rows = await world.db.read.select().from(secrets).orderBy(secrets.key)
    const values = await Promise.all(rows.map(({ value }) => unwrapSecret(after.config.auth, value)))
    expect(values.map(String)).toEqual(['value 0', 'value 1', 'value 2'])
  })

  test('puts the new secret in force for sessions and for what is stored', async () => {
    await rotateSecrets(as(both), { dryRun: false })
    const { accessToken } = await createSession(both, await createAccount(world))
    expect(verifyTokenText(accessToken, [NEW])?.signatureGood).toBe(true)
    await set(both, 1)
    expect(await statesOf(after)).toEqual(['K0 set'])
  })

  const recorded = async () => {
    const { auditEvents: t } = world.db.t
    const events = await world.db.read.select().from(t).where(eq(t.action, 'secret.rotate')).orderBy(t.id)
    return events.map(({ details }) => JSON.parse(details))
  }
  const KEYS = [
    { what: 'keys of this installation', encrypted: 2 },
    { what: 'keys of the audit log', encrypted: 1 },
  ]

  test('is on record, each step of it', async () => {
    await set(world, 2)
    await rotateSecrets(as(both), { dryRun: false })
    expect(await recorded()).toEqual([...KEYS, { what: 'stored secrets', encrypted: 2 }])
  })

  test('is on record as far as it came, when it was stopped after the last change and run again', async () => {
    await set(world, 150)
    const stop = ({ step, done }: RotateProgress) => {
      if (step === 'stored secrets' && done === 150) throw new Error('stopped')
    }
    await expect(rotateSecrets(as(both), { dryRun: false, tell: stop })).rejects.toThrow('stopped')
    const whole = [
      ...KEYS,
      { what: 'stored secrets', encrypted: 100 },
      { what: 'stored secrets', encrypted: 50 },
    ]
    expect(await recorded()).toEqual(whole)
    expect((await rotateSecrets(as(both), { dryRun: false })).earlier).toBe(0)
    expect(await recorded()).toEqual(whole)
  })

  test('changes nothing that cannot be put on record', async () => {
    await set(world, 2)
    const clock = () => {
      throw new Error('no record')
    }
    await expect(rotateSecrets({ ...as(both), clock }, { dryRun: false })).rejects.toThrow('no record')
    expect((await rotateSecrets(as(both), { dryRun: true })).earlier).toBe(5)
    expect(await secretInForce(both.db.read, both)).toBe(TEST_SECRET)
  })

  test('a second time there is nothing to do', async () => {
    await set(world, 2)
    await rotateSecrets(as(both), { dryRun: false })
    expect(await rotateSecrets(as(both), { dryRun: false })).toEqual({
      earlier: 0,
      current: 5,
      unreadable: [],
    })
  })

  test('a rehearsal counts and changes nothing', async () => {
    await set(world, 2)
    const before = await world.db.read.select().from(world.db.t.secrets)
    expect(await rotateSecrets(as(both), { dryRun: true })).toEqual({
      earlier: 5,
      current: 0,
      unreadable: [],
    })
    expect(await world.db.read.select().from(world.db.t.secrets)).toEqual(before)
    expect(await secretInForce(both.db.read, both)).toBe(TEST_SECRET)
  })

  test('stopped in the middle, it goes on from there', async () => {
    await set(world, 250)
    const stop = ({ step, done }: RotateProgress) => {
      if (step === 'stored secrets' && done === 100) throw new Error('stopped')
    }
    await expect(rotateSecrets(as(both), { dryRun: false, tell: stop })).rejects.toThrow('stopped')
    expect(await rotateSecrets(as(both), { dryRun: false })).toEqual({
      earlier: 150,
      current: 103,
      unreadable: [],
    })
  })

  test('what is written meanwhile is under the new secret', async () => {
    await set(world, 300)
    const servers = Promise.all(Array.from({ length: 20 }, (_, n) => set(both, 5, `L${n}_`)))
    await rotateSecrets(as(both), { dryRun: false })
    await servers
    expect((await statesOf(after)).filter((line) => !line.endsWith(' set'))).toEqual([])
    expect((await rotateSecrets(as(both), { dryRun: true })).earlier).toBe(0)
  })

  test('what cannot be read is named and left as it is', async () => {
    await set(world, 2)
    const { secrets } = world.db.t
    await world.db.write((tx) => tx.update(secrets).set({ value: 'gAAAAA' }).where(eq(secrets.key, 'K1')))
    const result = await rotateSecrets(as(both), { dryRun: false })
    expect(result).toEqual({ earlier: 4, current: 0, unreadable: ['stored secret K1'] })
    expect(await statesOf(after)).toEqual(['K0 set', 'K1 unreadable'])
  })

  test('when even the key of the audit log cannot be read, the rest is done', async () => {
    await set(world, 1)
    const { auditChain } = world.db.t
    await world.db.write((tx) => tx.update(auditChain).set({ chainKey: 'gAAAAA' }))
    const result = await rotateSecrets(as(both), { dryRun: false })
    expect(result).toEqual({ earlier: 3, current: 0, unreadable: ['key of the audit log'] })
  })
})

describe('what a server says when it starts', () => {
  async function said(runtime: TestRuntime): Promise<string> {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    await reportSecrets({ ...runtime, log })
    return lines.join('')
  }

  test('nothing, as long as everything is under the present secret', async () => {
    await set(world, 1)
    expect(await said(world)).toBe('')
  })

  test('that the earlier secret is in force until everything is encrypted anew', async () => {
    expect(await said(both)).toContain('run `bennu secret rotate`')
    await rotateSecrets(as(both), { dryRun: false })
    expect(await said(both)).toBe('')
  })

  test('by name what no configured secret opens', async () => {
    await set(world, 1)
    expect(await said(after)).toMatch(/"stored secret K0".*no configured secret opens/)
  })
})
