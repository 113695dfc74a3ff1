import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DatabaseTls } from '#server/config/model'
import { copyIn } from '#server/db/postgres-copy'
import { PostgresPool } from '#server/db/postgres-pool'
import { type Certificate, makeAuthority, makeCertificate } from '../../test/certificates'
import { postgresConfig } from '../../test/database'
import { type PostgresServer, startPostgres } from '../../test/postgres'

const folder = mkdtempSync(join(tmpdir(), 'bennu-tls-'))
let server: PostgresServer
let authority: Certificate
let stranger: Certificate
let client: Certificate

// By database: `either` takes TLS and plain connections, `secure` TLS alone, `plain` plain ones alone, and
// `certified` only clients whose certificate our authority signed.
beforeAll(async () => {
  authority = makeAuthority(folder)
  stranger = makeAuthority(folder, 'stranger')
  client = makeCertificate(folder, authority, { name: 'postgres', keyPassword: 'key-password' })
  const own = makeCertificate(folder, authority, { name: 'server', alternativeNames: ['DNS:localhost'] })
  server = await startPostgres({
    settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key', ssl_ca_file: 'ca.crt' },
    hba: [
      'host either all 127.0.0.1/32 trust',
      'hostssl secure all 127.0.0.1/32 trust',
      'hostnossl plain all 127.0.0.1/32 trust',
      'hostssl certified all 127.0.0.1/32 cert',
    ],
    prepare: (data, owner) => {
      copyFileSync(own.certFile, join(data, 'server.crt'))
      copyFileSync(own.keyFile, join(data, 'server.key'))
      copyFileSync(authority.certFile, join(data, 'ca.crt'))
      chmodSync(join(data, 'server.key'), 0o600)
      if (owner) chownSync(join(data, 'server.key'), owner.uid, owner.gid)
    },
  })
  for (const database of ['either', 'secure', 'plain', 'certified'])
    await server.query(`create database ${database}`)
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Whether the connection that the settings lead to is encrypted. */
async function connect(
  database: string,
  tls: Partial<DatabaseTls>,
  at: { host?: string; port?: number } = {},
): Promise<boolean> {
  const { port = server.port, host = '127.0.0.1' } = at
  const full = {
    mode: 'disable',
    rootCertFile: null,
    certFile: null,
    keyFile: null,
    keyPassword: null,
    ...tls,
  } as const
  const config = postgresConfig({ port, database }, { hosts: [{ host, port }], tls: full })
  const pool = new PostgresPool(config, { applicationName: 'test', maxConnections: 1 })
  try {
    const { rows } = await pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    return rows[0].ssl
  } finally {
    await pool.end()
  }
}

describe('sslmode', () => {
  test('disable stays plain where the server offers TLS', async () =>
    expect(await connect('either', { mode: 'disable' })).toBe(false))
  test('disable fails where the server insists on TLS', async () =>
    expect(connect('secure', { mode: 'disable' })).rejects.toThrow('pg_hba.conf'))
  test('allow stays plain where the server takes it', async () =>
    expect(await connect('either', { mode: 'allow' })).toBe(false))
  test('allow goes to TLS where the server insists on it', async () =>
    expect(await connect('secure', { mode: 'allow' })).toBe(true))
  test('prefer takes TLS where the server offers it', async () =>
    expect(await connect('either', { mode: 'prefer' })).toBe(true))
  test('prefer falls back where the server has no TLS', async () =>
    expect(await connect('postgres', { mode: 'prefer' }, { port: inject('postgres').port })).toBe(false))
  test('prefer falls back where the server wants no TLS for this database', async () =>
    expect(await connect('plain', { mode: 'prefer' })).toBe(false))
  test('require takes any certificate', async () =>
    expect(await connect('either', { mode: 'require' })).toBe(true))
  test('require never falls back', async () =>
    expect(connect('plain', { mode: 'require' })).rejects.toThrow('pg_hba.conf'))
  test('require fails where the server has no TLS', async () =>
    expect(connect('postgres', { mode: 'require' }, { port: inject('postgres').port })).rejects.toThrow(
      'does not support SSL',
    ))
  test('verify-ca takes a certificate of the named authority, whatever the host is called', async () =>
    expect(await connect('either', { mode: 'verify-ca', rootCertFile: authority.certFile })).toBe(true))
  test('verify-ca refuses a certificate of an unknown authority', async () =>
    expect(connect('either', { mode: 'verify-ca' })).rejects.toThrow(/certificate/))
  test('verify-ca refuses a certificate of another authority than the named one', async () =>
    expect(connect('either', { mode: 'verify-ca', rootCertFile: stranger.certFile })).rejects.toThrow(
      /certificate/,
    ))
  test('verify-full takes a certificate with the name of the host', async () =>
    expect(
      await connect(
        'either',
        { mode: 'verify-full', rootCertFile: authority.certFile },
        { host: 'localhost' },
      ),
    ).toBe(true))
  test('verify-full refuses a certificate with another name', async () =>
    expect(connect('either', { mode: 'verify-full', rootCertFile: authority.certFile })).rejects.toThrow(
      /altnames|does not match/i,
    ))
  test('a socket folder is never spoken to by TLS', async () =>
    expect(
      await connect('secure', { mode: 'verify-full' }, { host: server.socketFolder }).catch(String),
    ).toBe(false))
})

test('rows are copied over TLS as they are', async () => {
  const tls = {
    rootCertFile: null,
    certFile: null,
    keyFile: null,
    keyPassword: null,
    mode: 'require',
  } as const
  const config = postgresConfig({ port: server.port, database: 'secure' }, { tls })
  const pool = new PostgresPool(config, { applicationName: 'test', maxConnections: 1 })
  const client = await pool.connect()
  try {
    await client.query('create temporary table copied (line text)')
    const lines = ['a', 'b', 'c'].map((letter) => Buffer.from(`${letter.repeat(1_000_000)}\n`))
    await copyIn(client, 'copy copied from stdin', lines)
    const { rows } = await client.query('select left(line, 1) as first, length(line) as length from copied')
    expect(rows).toEqual(['a', 'b', 'c'].map((first) => ({ first, length: 1_000_000 })))
  } finally {
    client.release()
    await pool.end()
  }
})

describe('a client certificate', () => {
  test('with a protected key opens a database that asks for one', async () => {
    const tls = { mode: 'require', ...client, keyPassword: 'key-password' } as const
    expect(await connect('certified', tls)).toBe(true)
  })
  test('is missed where it is asked for', async () =>
    expect(connect('certified', { mode: 'require' })).rejects.toThrow('certificate'))
  test('that cannot be read is named before anything connects', async () =>
    expect(
      connect('either', { mode: 'require', certFile: '/nowhere.crt', keyFile: client.keyFile }),
    ).rejects.toThrow('/nowhere.crt'))
})
