import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import type { PostgresConfig } from '#server/config/model'
import type { Database } from '#server/db/database'
import { migrate } from '#server/db/migrate'
import { copyIn } from '#server/db/postgres-copy'
import { PostgresPool } from '#server/db/postgres-pool'
import { prepared } from '#server/db/prepared'
import {
  createEmptyDatabase,
  createTestDatabase,
  openTestDatabase,
  postgresConfig,
} from '../../test/database'
import { freePort } from '../../test/free-port'
import { type PostgresServer, startPostgres } from '../../test/postgres'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const now = new Date()
const main = () => ({ host: '127.0.0.1', port: inject('postgres').port })

async function ask(config: PostgresConfig, query: string): Promise<Record<string, unknown>> {
  const pool = new PostgresPool(config, { applicationName: 'bennu web', maxConnections: 1 })
  try {
    return (await pool.query(query)).rows[0]
  } finally {
    await pool.end()
  }
}

const emptyPostgres = async () => (await createEmptyDatabase()) as PostgresConfig

describe('several hosts', () => {
  let readOnly: PostgresServer
  beforeAll(async () => {
    readOnly = await startPostgres({ settings: { default_transaction_read_only: 'on' } })
  })
  afterAll(() => readOnly?.stop())

  const config = (hosts: PostgresConfig['hosts'], rest: Partial<PostgresConfig> = {}) =>
    postgresConfig({ port: 0, database: 'postgres' }, { hosts, ...rest })
  const portOf = async (settings: PostgresConfig) =>
    (await ask(settings, 'select inet_server_port() as port')).port

  test('the first that answers is taken', async () =>
    expect(await portOf(config([main(), { host: '127.0.0.1', port: readOnly.port }]))).toBe(main().port))

  test('a host that refuses is passed over', async () =>
    expect(await portOf(config([{ host: '127.0.0.1', port: await freePort() }, main()]))).toBe(main().port))

  test('read-write passes over a server that only reads', async () => {
    const hosts = [{ host: '127.0.0.1', port: readOnly.port }, main()]
    expect(await portOf(config(hosts, { targetSessionAttrs: 'read-write' }))).toBe(main().port)
  })

  test('read-only passes over a server that writes', async () => {
    const hosts = [main(), { host: '127.0.0.1', port: readOnly.port }]
    expect(await portOf(config(hosts, { targetSessionAttrs: 'read-only' }))).toBe(readOnly.port)
  })

  test('without a server of the right kind the error says so and is transient', async () => {
    const { dialect } = await createTestDatabase()
    const error: unknown = await portOf(config([main()], { targetSessionAttrs: 'standby' })).catch(
      (e: unknown) => e,
    )
    expect(String(error)).toContain('is not standby as target_session_attrs asks')
    expect(dialect.isTransient(error)).toBe(true)
  })

  test('that are all away give a transient error', async () => {
    const { dialect } = await createTestDatabase()
    const away = { host: '127.0.0.1', port: await freePort() }
    const error: unknown = await portOf(config([away, { ...away }])).catch((e: unknown) => e)
    expect(dialect.isTransient(error)).toBe(true)
  })

  test('a server that goes away is replaced by the next one', async () => {
    const first = await startPostgres()
    const pool = new PostgresPool(config([{ host: '127.0.0.1', port: first.port }, main()]), {
      applicationName: 'test',
      maxConnections: 2,
    })
    const port = async () => (await pool.query('select inet_server_port() as port')).rows[0].port
    expect(await port()).toBe(first.port)
    await first.kill()
    await sleep(100)
    expect(await port()).toBe(main().port)
    await pool.end()
    await first.stop()
  })
})

describe('settings of the URL', () => {
  const config = (rest: Partial<PostgresConfig>) =>
    postgresConfig({ port: main().port, database: 'postgres' }, rest)

  test('application_name names the connection', async () =>
    expect(
      await ask(config({ applicationName: 'mine' }), "select current_setting('application_name') as name"),
    ).toEqual({ name: 'mine' }))
  test('without application_name it bears the name of the process', async () =>
    expect(await ask(config({}), "select current_setting('application_name') as name")).toEqual({
      name: 'bennu web',
    }))
  test('options reach the server', async () =>
    expect(
      await ask(config({ options: '-c work_mem=7MB' }), "select current_setting('work_mem') as size"),
    ).toEqual({
      size: '7MB',
    }))
  test('connect_timeout ends the wait for a server that is silent', async () => {
    const silent = await startPostgres()
    silent.pause()
    const start = performance.now()
    const error: unknown = await ask(
      postgresConfig({ port: silent.port, database: 'postgres' }, { connectTimeoutSeconds: 1 }),
      'select 1',
    ).catch((e: unknown) => e)
    const took = performance.now() - start
    silent.resume()
    await silent.stop()
    const { dialect } = await createTestDatabase()
    expect(dialect.isTransient(error)).toBe(true)
    expect(took).toBeLessThan(8_000)
  })
})

describe('a schema of its own', () => {
  test('is made, and holds every table; public stays empty', async () => {
    const config = { ...(await emptyPostgres()), schema: 'Odd "schema"' }
    await migrate(config, log)
    expect(Object.keys(await describeTables(config))).toContain('spans')
    expect(await describeTables({ ...config, schema: null })).toEqual({})
  })

  test('keeps foreign keys inside itself beside another one with the same tables', async () => {
    const config = await emptyPostgres()
    await migrate(config, log)
    const own = { ...config, schema: 'bennu' }
    await migrate(own, log)
    const db = await openTestDatabase(own)
    const made = db.write(async (tx) => {
      const times = { createdAt: now, updatedAt: now }
      const [user] = await tx
        .insert(db.t.users)
        .values({ username: 'a', role: 'ADMIN', authMethod: 'LOCAL', ...times })
        .returning()
      await tx.insert(db.t.apiKeys).values({ userId: user?.id ?? 0, name: 'key', createdAt: now })
    })
    await expect(made).resolves.toBeUndefined()
    expect(await runSql(config, 'select * from users')).toEqual([])
    expect(await runSql(own, 'select username from users')).toEqual([{ username: 'a' }])
  })

  test('beside the tables of another program in public is taken', async () => {
    const config = await emptyPostgres()
    await runSql(config, 'create table alembic_version (version_num text)')
    await expect(migrate({ ...config, schema: 'bennu' }, log)).resolves.toBeUndefined()
  })
})

describe('a connection that is lost', () => {
  const killOthers = (config: PostgresConfig) =>
    runSql(
      config,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )

  test('while idle is replaced without an error', async () => {
    const db = await createTestDatabase()
    await db.ping()
    await killOthers(db.config as PostgresConfig)
    await sleep(50)
    await expect(db.ping()).resolves.toBeUndefined()
  })

  test('inside a write fails that write with a transient error, and the next one works', async () => {
    const db = await createTestDatabase()
    const add = (name: string) => ({ name, createdAt: now, updatedAt: now })
    const error: unknown = await db
      .write(async (tx) => {
        await tx.insert(db.t.projects).values(add('lost'))
        await killOthers(db.config as PostgresConfig)
        await sleep(50)
        await tx.insert(db.t.projects).values(add('lost too'))
      })
      .catch((e: unknown) => e)
    expect(db.dialect.isTransient(error)).toBe(true)
    await db.write((tx) => tx.insert(db.t.projects).values(add('kept')))
    const projects = await db.read.select({ name: db.t.projects.name }).from(db.t.projects)
    expect(projects).toEqual([{ name: 'kept' }])
  })

  test('to a server that crashes and comes back is made again', async () => {
    const server = await startPostgres()
    const db = await openTestDatabase(postgresConfig({ port: server.port, database: 'postgres' }))
    await db.ping()
    await server.kill()
    const error: unknown = await db.ping().catch((e: unknown) => e)
    expect(db.dialect.isTransient(error)).toBe(true)
    await server.start()
    await expect(db.ping()).resolves.toBeUndefined()
    await db.close()
    await server.stop()
  })
})

describe('writes that lose a race', () => {
  test('by deadlock are run again', async () => {
    const db = await createTestDatabase()
    const { projects } = db.t
    await db.write((tx) =>
      tx
        .insert(projects)
        .values([1, 2].map((id) => ({ id, name: `p${id}`, createdAt: now, updatedAt: now }))),
    )
    let runs = 0
    const lockBoth = (first: number, second: number) =>
      db.write(async (tx) => {
        runs += 1
        await tx.update(projects).set({ description: 'x' }).where(sql`id = ${first}`)
        await sleep(100)
        await tx.update(projects).set({ description: 'x' }).where(sql`id = ${second}`)
      })
    await Promise.all([lockBoth(1, 2), lockBoth(2, 1)])
    expect(runs).toBe(3)
  })
})

/** From now on more than five seconds go by between any two looks at the clock. */
function hurryTime(): void {
  const now = performance.now.bind(performance)
  let ahead = 0
  vi.spyOn(performance, 'now').mockImplementation(() => {
    ahead += 6_000
    return now() + ahead
  })
}
afterEach(() => vi.restoreAllMocks())

test('a connection that forgets its plans knows its statements', async () => {
  const db = await createTestDatabase()
  const ask = () =>
    prepared(db.read, 'first_name', () =>
      db.read.select({ name: db.t.projects.name }).from(db.t.projects).limit(sql.placeholder('limit')),
    )({ limit: 1 })
  const names = await ask()
  hurryTime()
  expect(await ask()).toEqual(names)
})

const backendOf = (db: Database) =>
  db.write(async (tx) => {
    const rows = await tx.select({ pid: sql<number>`pg_backend_pid()` }).from(sql`(select 1) as one`)
    return rows[0]?.pid ?? 0
  })

test('a connection whose BEGIN is not answered in time is not used again', async () => {
  const db = await createTestDatabase()
  const pid = await backendOf(db)
  expect(await backendOf(db)).toBe(pid)
  const late = Promise.reject(new Error('Query read timeout'))
  vi.spyOn(pg.Client.prototype, 'query').mockImplementationOnce(() => late)
  await expect(backendOf(db)).rejects.toThrow()
  expect(await backendOf(db)).not.toBe(pid)
})

const WAITING: Record<string, (client: pg.ClientBase) => Promise<unknown>> = {
  statement: (client) => client.query('select * from held'),
  COPY: (client) => copyIn(client, 'copy held from stdin', []),
}

test.each(Object.keys(WAITING))(
  'after a %s without an answer whatever is asked on the connection fails at once',
  async (kind) => {
    const pool = new PostgresPool(await emptyPostgres(), {
      applicationName: 'bennu web',
      maxConnections: 2,
      queryTimeoutMs: 1_000,
    })
    const other = await pool.connect()
    await other.query('create table held (id int)')
    await other.query('begin')
    await other.query('lock table held')
    const client = await pool.connect()
    await client.query('begin')
    await expect(WAITING[kind]?.(client)).rejects.toThrow()
    const since = performance.now()
    await expect(client.query('rollback')).rejects.toThrow()
    expect(performance.now() - since).toBeLessThan(500)
    client.release(true)
    other.release(true)
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  },
)

test('a transaction that had no answer fails with that, not with what its rollback says', async () => {
  const db = await createTestDatabase()
  const silent = new Error('Query read timeout')
  const failed = db.write(async (tx) => {
    const rows = await tx.select({ pid: sql<number>`pg_backend_pid()` }).from(sql`(select 1) as one`)
    process.kill(rows[0]?.pid ?? 0, 'SIGTERM')
    throw silent
  })
  await expect(failed).rejects.toBe(silent)
})

test.each([false, true])(
  'connections that die before their first statement leave room for others (plans are old: %s)',
  async (old) => {
    const db = await createTestDatabase()
    if (old) hurryTime()
    let failures = 0
    // More often than a pool holds connections.
    while (failures < 12) {
      const pid = await backendOf(db).catch(() => {
        failures += 1
        return 0
      })
      if (pid === 0) continue
      process.kill(pid, 'SIGTERM')
      // Held up, this process does not hear of the end before it uses the connection again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
    expect(await backendOf(db)).toBeGreaterThan(0)
  },
)

test('a wrong password is an error that trying again does not mend, and is not repeated in it', async () => {
  const server = await startPostgres({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] })
  await server.query("create role ada login password 'right'")
  const config = postgresConfig({ port: server.port, database: 'postgres' }, { user: 'ada' })
  expect(await ask({ ...config, password: 'right' }, 'select 1 as one')).toEqual({ one: 1 })
  const error: unknown = await ask({ ...config, password: 'hunter2' }, 'select 1').catch((e: unknown) => e)
  await server.stop()
  const { dialect } = await createTestDatabase()
  expect(dialect.isTransient(error)).toBe(false)
  expect(String(error)).toContain('password authentication failed')
  expect(String(error)).not.toContain('hunter2')
})
