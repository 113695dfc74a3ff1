/** The other commands of the command line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../package.json'
import { runBennu, startProgram } from '../../test/program'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => ({ PHOENIX_WORKING_DIR: folder, ...more })
const SECRET = 'a-secret-of-the-test-0123456789-abcdefg'

describe('bennu --version', () => {
  it('prints our own version', async () => {
    const { code, stdout } = await runBennu(['--version'], {})
    expect([code, stdout.trim()]).toEqual([0, version])
  })
})

describe('bennu without a command', () => {
  it('explains itself and fails', async () => {
    const { code, stderr } = await runBennu([], {})
    expect(code).not.toBe(0)
    expect(stderr).toContain('serve')
  })
})

describe('bennu config', () => {
  it('prints the effective values and no secret', async () => {
    const secrets = {
      PHOENIX_SECRET: SECRET,
      PHOENIX_ADMIN_SECRET: `${SECRET}-of-the-admin`,
      PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: 'initial-Passw0rd',
      PHOENIX_SQL_DATABASE_URL: 'postgresql://ann:hunter2secret@db.example:5433/traces',
    }
    const { code, stdout, stderr } = await runBennu(
      ['config'],
      env({ ...secrets, PHOENIX_ENABLE_AUTH: 'true' }),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('db.example')
    for (const secret of [SECRET, 'initial-Passw0rd', 'hunter2secret']) {
      expect(stdout + stderr).not.toContain(secret)
    }
  })

  it('exits 1 with every problem when there are any', async () => {
    const { code, stderr } = await runBennu(
      ['config'],
      env({ PHOENIX_PORT: 'x', PHOENIX_ENABLE_AUTH: 'true' }),
    )
    expect(code).toBe(1)
    expect(stderr).toContain('PHOENIX_PORT')
    expect(stderr).toContain('PHOENIX_SECRET')
  })

  it('lets a flag beat its variable', async () => {
    const url = `sqlite:///${join(folder, 'chosen.db')}`
    const wrong = env({ PHOENIX_SQL_DATABASE_URL: 'nonsense' })
    const { code, stdout } = await runBennu(['config', '--database-url', url], wrong)
    expect(code).toBe(0)
    expect(stdout).toContain('chosen.db')
  })
})

describe('bennu db', () => {
  it('migrates, tells the status, and goes down to nothing and up again', async () => {
    const fresh = await runBennu(['db', 'status'], env())
    expect(fresh.stdout).toMatch(/pending {2}0000_/)
    const up = await runBennu(['db', 'migrate'], env())
    expect(up.code).toBe(0)
    expect(up.stdout).not.toContain('pending')
    expect(up.stdout).toMatch(/applied {2}0000_/)
    const down = await runBennu(['db', 'downgrade', '--to', '0'], env())
    expect(down.code).toBe(0)
    expect(down.stdout).not.toContain('applied  ')
    const again = await runBennu(['db', 'migrate'], env())
    expect([again.code, again.stdout.includes('pending')]).toEqual([0, false])
  })

  it.each([['--to', 'x'], ['--to', '-1'], []])('refuses to go down %s %s', async (...args: string[]) => {
    const { code, stderr } = await runBennu(['db', 'downgrade', ...args], env())
    expect(code).not.toBe(0)
    expect(stderr).toContain('--to')
  })
})

describe('bennu users reset-password', () => {
  it('prints a password that signs in and must be changed', async () => {
    const variables = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET }
    const program = await startProgram({ workingDir: folder, env: variables })
    try {
      const { code, stdout } = await runBennu(['users', 'reset-password', 'admin@localhost'], env(variables))
      expect(code).toBe(0)
      const password = stdout.trim().split('\n').at(-1) ?? ''
      const login = (secret: string) =>
        fetch(`${program.baseUrl}/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: 'admin@localhost', password: secret }),
        })
      expect((await login('admin')).status).toBe(401)
      const good = await login(password)
      expect(good.status).toBe(204)
      const cookie = good.headers
        .getSetCookie()
        .map((each) => each.split(';', 1)[0])
        .join('; ')
      const projects = await fetch(`${program.baseUrl}/v1/projects`, { headers: { cookie } })
      expect([projects.status, await projects.text()]).toEqual([403, 'password reset required'])
    } finally {
      await program.stop()
    }
  })

  it('says so when nobody has the address', async () => {
    await runBennu(['db', 'migrate'], env())
    const { code, stderr } = await runBennu(['users', 'reset-password', 'nobody@example.com'], env())
    expect([code, stderr]).toEqual([1, 'bennu: No account has the address nobody@example.com\n'])
  })

  it('asks for a migration first on an empty database', async () => {
    const { code, stderr } = await runBennu(['users', 'reset-password', 'admin@localhost'], env())
    expect(code).toBe(1)
    expect(stderr).toContain('bennu db migrate')
  })
})

describe('bennu users', () => {
  it('makes, lists, disables and enables an account, and refuses the last admin', async () => {
    const variables = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET }
    const early = await runBennu(['db', 'migrate'], env()).then(() =>
      runBennu(['users', 'create', 'ada@example.com'], env(variables)),
    )
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('bennu serve')])
    await (await startProgram({ workingDir: folder, env: variables })).stop()
    const users = (...words: string[]) => runBennu(['users', ...words], env(variables))
    const made = await users('create', 'Ada@Example.com', '--name', 'Ada', '--role', 'VIEWER')
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/Made Ada <ada@example\.com> \(VIEWER\)\..*\n\S{20}\n$/),
    ])
    expect((await users('create', 'ada@example.com')).stderr).toContain(
      'Another account has this e-mail address',
    )
    expect((await users('disable', 'ada@example.com', '--reason', 'left')).code).toBe(0)
    const { stdout } = await users('list')
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'id\tusername\temail\trole\tsigns in by\tstate\tlast seen',
      '3\tAda\tada@example.com\tVIEWER\tLOCAL\tdisabled\tnever',
    ])
    expect((await users('enable', 'ada@example.com')).stdout).toContain('enabled')
    const last = await users('disable', 'admin@localhost')
    expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('last admin')])
  })
})
