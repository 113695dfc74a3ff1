/** A database that goes away is no death: the program waits, says so, and goes on when it is back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, runBennu, spawnBennu, startProgram, until } from '../test/program'
import { sendBatches } from '../test/senders'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const status = async (program: Program, path: string) => {
  const answer = await fetch(`${program.baseUrl}${path}`).catch(() => null)
  await answer?.text().catch(() => {})
  return answer?.status ?? 0
}
const oneBatch = { batches: 1, spansPerBatch: 1 }

describe('PostgreSQL', () => {
  it('may stop and come back under a running server', async () => {
    const url = server.url(await server.createDatabase())
    const program = await startProgram({ env: { PHOENIX_SQL_DATABASE_URL: url } })
    try {
      expect((await sendBatches('http', program, oneBatch)).failures).toBe(0)
      const before = program.pids()
      await server.kill()
      await until('/readyz to notice', async () => (await status(program, '/readyz')) === 503)
      expect(await status(program, '/healthz')).toBe(200)
      expect(await status(program, '/v1/projects')).toBe(503)
      await server.start()
      await until('/readyz to recover', async () => (await status(program, '/readyz')) === 200)
      expect(await status(program, '/v1/projects')).toBe(200)
      for (const transport of ['http', 'grpc'] as const) {
        const { ids, failures } = await sendBatches(transport, program, oneBatch)
        expect([ids.length, failures]).toEqual([1, 0])
      }
      expect(program.pids()).toEqual(before)
    } finally {
      await program.stop()
    }
  })

  it('may come up after the server was started', async () => {
    const url = server.url(await server.createDatabase())
    await server.kill()
    let written = () => ''
    const starting = startProgram({
      env: { PHOENIX_SQL_DATABASE_URL: url },
      onSpawn: (output) => {
        written = output
      },
    })
    await until('a first attempt', () => written().includes('the database does not answer yet'))
    await server.start()
    const program = await starting
    expect(await status(program, '/readyz')).toBe(200)
    await program.stop()
  })

  it('leaves the login page, with the providers of the environment', async () => {
    const url = server.url(await server.createDatabase())
    const program = await startProgram({
      env: {
        PHOENIX_SQL_DATABASE_URL: url,
        PHOENIX_ENABLE_AUTH: 'true',
        PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2',
        PHOENIX_OAUTH2_CORP_CLIENT_ID: 'bennu',
        PHOENIX_OAUTH2_CORP_CLIENT_SECRET: 'hidden-value',
        PHOENIX_OAUTH2_CORP_OIDC_CONFIG_URL: 'http://127.0.0.1:9/.well-known/openid-configuration',
      },
    })
    await server.kill()
    for (const path of ['/login', '/logout']) {
      const answer = await fetch(`${program.baseUrl}${path}`)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain('Sign in with Corp')
    }
    await server.start()
    await program.stop()
  })

  it('that is waited for does not keep SIGTERM waiting', async () => {
    const url = 'postgresql://ann:pw@127.0.0.1:1/nothing'
    const child = spawnBennu(['serve'], { PHOENIX_SQL_DATABASE_URL: url, PHOENIX_WORKING_DIR: '/nowhere' })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    await until('the first attempt', () => output.includes('does not answer yet'))
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(output).not.toContain('pw@')
  })

  it('that refuses us ends the start at once with a sentence', async () => {
    const env = { PHOENIX_SQL_DATABASE_URL: server.url('no_such_database'), PHOENIX_PORT: '0' }
    const started = Date.now()
    const { code, stderr } = await runBennu(['serve'], env)
    expect(code).toBe(1)
    expect(stderr).toContain('no_such_database')
    expect(Date.now() - started).toBeLessThan(15_000)
  })
})
