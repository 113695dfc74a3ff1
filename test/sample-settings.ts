/** Makes printed settings fit to be started here: a PostgreSQL of the test, a temporary folder, free ports. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseConfig } from '#server/config'
import { freePort } from './free-port'
import type { PostgresServer } from './postgres'

type Env = Record<string, string>

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2' }
/** What the file of a `_FILE` variable would hold. */
const HELD: Env = {
  PHOENIX_SECRET_FILE: 'a-secret-of-at-least-32-characters-in-a-file\n',
  PHOENIX_SMTP_PASSWORD_FILE: 'a password\n',
  PHOENIX_LDAP_BIND_PASSWORD_FILE: 'a password\n',
  PHOENIX_LDAP_TLS_CA_CERT_FILE: fixture('tls-example.crt'),
  PHOENIX_TLS_CA_FILE: fixture('tls-example.crt'),
  PHOENIX_TLS_CERT_FILE: fixture('tls-example.crt'),
  PHOENIX_TLS_KEY_FILE: fixture('tls-example.key'),
  PHOENIX_SQL_DATABASE_URL_FILE: 'postgresql://bennu:pw@db.example.com/bennu\n',
}

export interface Place {
  folder: string
  postgres: PostgresServer
  /** The authority that signed the PostgreSQL server's certificate for `localhost`. */
  authorityFile: string
}

/** The settings with only their places changed: names, users, passwords and TLS modes stay as printed. */
export async function settle(printed: Env, place: Place): Promise<{ env: Env; port: number }> {
  const env: Env = 'PHOENIX_ENABLE_AUTH' in printed ? { ...printed } : { ...AUTH, ...printed }
  await provideDatabase(env, place.postgres)
  for (const [name, value] of Object.entries(env)) {
    env[name] = name.endsWith('_FILE') ? writeHeld(name, value, place) : relocate(value, place)
  }
  if ('PHOENIX_POSTGRES_HOST' in env) {
    Object.assign(env, {
      PHOENIX_POSTGRES_HOST: 'localhost',
      PHOENIX_POSTGRES_PORT: `${place.postgres.port}`,
    })
  }
  if (/sslmode=verify/.test(JSON.stringify(env))) env.PGSSLROOTCERT = place.authorityFile
  const port = await freePort()
  const ports: Env = { PHOENIX_PORT: `${port}`, PHOENIX_GRPC_PORT: `${await freePort()}` }
  ports.BENNU_OTLP_HTTP_PORT = `${await freePort()}`
  if ('PHOENIX_ENABLE_PROMETHEUS' in env) ports.BENNU_METRICS_PORT = `${await freePort()}`
  return { env: { ...env, ...ports, PHOENIX_WORKING_DIR: place.folder }, port }
}

/** Makes the user with that password, and the database that it owns. */
async function provideDatabase(env: Env, postgres: PostgresServer): Promise<void> {
  const { database } = parseConfig(env, {
    readFile: (path) => HELD[nameOf(env, path)] ?? '',
    homedir: '/home/op',
  }).config
  if (database.dialect === 'sqlite') return
  const { user, password, database: name } = database
  await postgres.query(`do $$ begin create role "${user}" login; exception when duplicate_object then end $$`)
  await postgres.query(`alter role "${user}" password '${password}'`)
  if (name === 'postgres') {
    await postgres.query(`alter database postgres owner to "${user}"`)
    await postgres.query('drop schema public cascade')
    await postgres.query(`create schema public authorization "${user}"`)
    return
  }
  await postgres.dropDatabase(`"${name}"`)
  await postgres.query(`create database "${name}" owner "${user}"`)
}

const nameOf = (env: Env, path: string) => Object.keys(env).find((name) => env[name] === path) ?? ''

function writeHeld(name: string, path: string, place: Place): string {
  const file = join(place.folder, basename(path))
  writeFileSync(file, relocate(HELD[name] ?? '', place))
  return file
}

function relocate(value: string, { folder, postgres }: Place): string {
  return value
    .replace(/^sqlite:\/\/\/+(?!:memory:)/, `sqlite:///${folder}/`)
    .replace(/^(postgres\S*:\/\/[^@]*@)[^/]*/, `$1localhost:${postgres.port}`)
}
