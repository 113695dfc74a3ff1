/** Which database: the URL, else the POSTGRES_* parts, else a SQLite file in the working directory. */
import path from 'node:path'
import { parseHosts } from '#server/config/database-hosts'
import { readTls } from '#server/config/database-tls'
import { readDatabaseUrl } from '#server/config/database-url'
import type { DatabaseConfig, PostgresConfig } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'
import type { Folders } from '#server/config/server-settings'

const URL_NAME = 'PHOENIX_SQL_DATABASE_URL'

/** The database that the environment asks for; a stand-in after a problem was reported. */
export function readDatabase(reader: Reader, workingDir: string, folders: Folders): DatabaseConfig {
  const standIn: DatabaseConfig = {
    dialect: 'sqlite',
    file: path.join(workingDir, 'bennu.db'),
    inMemory: false,
  }
  const url = reader.secret(URL_NAME)
  const schema = readSchema(reader)
  const chosen = url === null ? readParts(reader) : readDatabaseUrl(reader, URL_NAME, url, folders)
  if (url !== null && reader.text('PHOENIX_POSTGRES_HOST') !== null) {
    reader.warn(
      'PHOENIX_POSTGRES_HOST: of no effect, because PHOENIX_SQL_DATABASE_URL is set. Remove one of them.',
    )
  }
  if (chosen?.dialect === 'postgres') return { ...chosen, schema }
  if (schema !== null) {
    reader.warn('PHOENIX_SQL_DATABASE_SCHEMA: of no effect, because SQLite has no schemas.')
  }
  return chosen ?? standIn
}

/** PostgreSQL folds an unquoted name to lower case, and so did the reference; the folded name is kept. */
function readSchema(reader: Reader): string | null {
  const name = 'PHOENIX_SQL_DATABASE_SCHEMA'
  const written = reader.text(name)
  if (written === null) return null
  const schema = written.toLowerCase()
  if (
    !/^[a-z_][a-z0-9_$]{0,62}$/.test(schema) ||
    schema.startsWith('pg_') ||
    schema === 'information_schema'
  ) {
    reader.problem(
      `${name}: ${quoted(name, written)} is not a schema name. Use up to 63 letters, digits and underscores, ` +
        'not beginning with a digit or with pg_.',
    )
    return null
  }
  if (schema !== written) reader.warn(`${name}: PostgreSQL folds it to lower case; the schema is ${schema}.`)
  return schema
}

/** The PHOENIX_POSTGRES_* variables as a database, or null when they do not ask for one. */
function readParts(reader: Reader): PostgresConfig | null {
  const host = reader.text('PHOENIX_POSTGRES_HOST')?.replace(/\/+$/, '') ?? null
  const user = reader.text('PHOENIX_POSTGRES_USER')
  if (reader.isFaulty(URL_NAME)) return null
  if (host === null && user === null) {
    warnAboutLoneParts(reader)
    return null
  }
  const password = reader.secret('PHOENIX_POSTGRES_PASSWORD')
  const database = reader.text('PHOENIX_POSTGRES_DB')
  for (const [name, value] of Object.entries({
    PHOENIX_POSTGRES_HOST: host,
    PHOENIX_POSTGRES_USER: user,
    PHOENIX_POSTGRES_PASSWORD: password,
    PHOENIX_POSTGRES_DB: database,
  })) {
    if (value === null && !reader.isFaulty(name)) {
      reader.problem(
        `${name}: missing, while other PHOENIX_POSTGRES_ variables are set. ` +
          'Set host, user, password and database, or PHOENIX_SQL_DATABASE_URL instead of all of them.',
      )
    }
  }
  const hosts = readPartsHost(reader, host ?? 'localhost')
  return {
    dialect: 'postgres',
    hosts,
    user,
    password,
    database: database ?? '',
    schema: null,
    tls: readTls(reader, URL_NAME, new Map()),
    applicationName: null,
    connectTimeoutSeconds: 10,
    options: null,
    targetSessionAttrs: null,
  }
}

/** Without a port variable the host may carry one, as in `db:5433`. */
function readPartsHost(reader: Reader, host: string): PostgresConfig['hosts'] {
  const port = reader.port('PHOENIX_POSTGRES_PORT', 5432)
  const hasPort = reader.text('PHOENIX_POSTGRES_PORT') !== null
  const hosts = parseHosts(host, port)
  if (typeof hosts === 'string') {
    reader.problem(`PHOENIX_POSTGRES_HOST: ${hosts}`)
    return [{ host: 'localhost', port }]
  }
  if (hasPort && hosts.some((one) => one.port !== port)) {
    reader.problem(
      'PHOENIX_POSTGRES_HOST: names a port, and PHOENIX_POSTGRES_PORT another. Keep one of them.',
    )
  }
  if (port === 0)
    reader.problem('PHOENIX_POSTGRES_PORT: 0 is not a port to connect to. Write a number from 1 to 65535.')
  return hosts
}

/** A part without host and user does nothing; a port that Kubernetes injected is nobody's wish. */
function warnAboutLoneParts(reader: Reader): void {
  const lone = ['PHOENIX_POSTGRES_PASSWORD', 'PHOENIX_POSTGRES_PASSWORD_FILE', 'PHOENIX_POSTGRES_DB'].filter(
    (name) => (reader.env[name] ?? '').trim() !== '',
  )
  for (const name of lone) {
    reader.warn(`${name}: of no effect without PHOENIX_POSTGRES_HOST and PHOENIX_POSTGRES_USER.`)
  }
}
