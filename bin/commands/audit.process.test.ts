/** `bennu audit …` as an operator runs it, beside a running server, on both engines. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { postgresConfig } from '../../test/database'
import { type PostgresServer, startPostgres } from '../../test/postgres'
import { type Program, runBennu, startProgram } from '../../test/program'
import { runSql } from '../../test/sql'

const SECRET = 'audit-secret-0123456789-abcdefghijk'

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let program: Program
  let postgres: PostgresServer | null = null
  let database: DatabaseConfig
  let env: Record<string, string>

  beforeAll(async () => {
    env = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET }
    if (engine === 'postgres') {
      postgres = await startPostgres()
      const url = postgres.url(await postgres.createDatabase())
      env.PHOENIX_SQL_DATABASE_URL = url
      const { port, pathname } = new URL(url)
      database = postgresConfig({ port: Number(port), database: pathname.slice(1) })
    }
    program = await startProgram({ env })
    env.PHOENIX_WORKING_DIR = program.workingDir
    if (engine === 'sqlite')
      database = { dialect: 'sqlite', file: `${program.workingDir}/bennu.db`, inMemory: false }
    for (let n = 0; n < 12; n++) await signIn(`nobody${n}@example.com`)
  }, 60_000)

  afterAll(async () => {
    await program.stop()
    await postgres?.stop()
  })

  const signIn = (email: string) =>
    fetch(`${program.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'agent\tof nobody' },
      body: JSON.stringify({ email, password: 'not the password' }),
    })
  const audit = (...args: string[]) => runBennu(['audit', ...args], env)

  it('says that the log is whole, how long it is and what its head is', async () => {
    const { code, stdout, stderr } = await audit('verify')
    expect(code).toBe(0)
    // The two built-in accounts and the sign-ins.
    expect(stdout).toMatch(/^entries: 14\nhead: 14:[0-9a-f]{64}\nerased: 0\nThe audit log is whole\.\n$/)
    expect(stderr).toContain('verified: 14 of 14')
    const head = (await audit('head')).stdout.trim()
    expect(stdout).toContain(`head: ${head}\n`)
  })

  it('can be asked while sign-ins are recorded', async () => {
    const failing = Promise.all(Array.from({ length: 5 }, () => signIn('nobody@example.com')))
    expect((await audit('verify')).stdout).toContain('The audit log is whole.')
    await failing
  })

  it('finds sign-ins in the log of the server by the word auth, each on a line of its own', () => {
    const lines = program.output().split('\n')
    const found = lines.filter((line) => /auth/i.test(line) && line.includes('session.login'))
    expect(found.length).toBeGreaterThanOrEqual(12)
    expect(program.output()).not.toContain('nobody3@example.com')
  })

  it('forgets somebody, and the log stays whole', async () => {
    const erased = await audit('erase', '--email', 'nobody3@example.com')
    expect(erased.code).toBe(0)
    expect(erased.stdout).toContain('\nBlanked 1 entries. Deleted accounts they led to: none.\n')
    expect((await audit('verify')).stdout).toContain('erased: 1\n')
    expect((await audit('erase', '--email', 'admin@localhost')).stderr).toContain('delete it first')
    expect((await audit('erase')).code).toBe(1)
  })

  it('refuses a head that is none', async () => {
    const { code, stderr } = await audit('verify', '--head', '12')
    expect([code, stderr]).toEqual([1, expect.stringContaining('a count and a hash')])
  })

  it('names the first entry that is wrong, and fails', async () => {
    const head = (await audit('head')).stdout.trim()
    const last = Number(head.split(':')[0])
    const [hash] = await runSql(database, `select hash from audit_events where id = ${last - 10}`)
    await runSql(database, `delete from audit_events where id > ${last - 10}`)
    await runSql(database, `update audit_chain set count = ${last - 10}, hash = '${hash?.hash}' where id = 1`)
    expect((await audit('verify')).code).toBe(0)
    const cut = await audit('verify', '--head', head)
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining(`cut at entry ${last - 9}.`)])
    await runSql(database, "update audit_events set reason = 'x' where id = 4")
    const changed = await audit('verify')
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining('changed at entry 4.')])
  })
})

describe('a log that began without PHOENIX_SECRET', () => {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-unproven-'))
  afterAll(() => rmSync(workingDir, { recursive: true, force: true }))
  const secret = { PHOENIX_SECRET: SECRET }
  const startOnce = async (env: Record<string, string>) => (await startProgram({ env, workingDir })).stop()
  const verify = (...args: string[]) =>
    runBennu(['audit', 'verify', ...args], { ...secret, PHOENIX_WORKING_DIR: workingDir })

  it('is not called whole, unless one says up to which entry that is known', async () => {
    await startOnce({})
    await startOnce({ ...secret, PHOENIX_ENABLE_AUTH: 'true' })
    const { code, stdout } = await verify()
    expect([code, stdout]).toEqual([1, expect.stringContaining('unproven: entries 1 to 2\n')])
    expect(stdout).toContain('The audit log could not be checked as a whole.')
    expect((await verify('--skip-unproven', '1')).code).toBe(1)
    const known = await verify('--skip-unproven', '2')
    expect([known.code, known.stdout]).toEqual([0, expect.stringContaining('The audit log is whole.')])
  }, 60_000)
})

describe('a server with a wrong PHOENIX_SECRET', () => {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-wrong-secret-'))
  afterAll(() => rmSync(workingDir, { recursive: true, force: true }))
  const wrong = {
    PHOENIX_SECRET: 'wrong-secret-0123456789-abcdefghijk',
    PHOENIX_WORKING_DIR: workingDir,
    PHOENIX_ENABLE_AUTH: 'true',
  }

  it('does not start until the key of the log is given up', async () => {
    const right = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET }
    await (await startProgram({ env: right, workingDir })).stop()
    const refused = await runBennu(['serve'], wrong)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('BENNU_SECRET_PREVIOUS')])
    const unsure = await runBennu(['audit', 'new-key'], wrong)
    expect([unsure.code, unsure.stderr]).toEqual([1, expect.stringContaining('--give-up-old-key')])
    expect((await runBennu(['audit', 'new-key', '--give-up-old-key'], wrong)).code).toBe(0)
    await (await startProgram({ env: wrong, workingDir })).stop()
    const { code, stdout } = await runBennu(['audit', 'verify'], wrong)
    expect([code, stdout]).toEqual([1, expect.stringContaining('cannot be checked: entries 1 to 2\n')])
    expect((await runBennu(['audit', 'verify', '--skip-unreadable'], wrong)).code).toBe(0)
  }, 60_000)
})
