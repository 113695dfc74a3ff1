/** PHOENIX_SQL_DATABASE_URL in all its forms. No sentence ever repeats a part of the URL. */
import { parseHosts } from '#server/config/database-hosts'
import {
  checkParameters,
  decode,
  parseQuery,
  readSessionAttrs,
  readTimeout,
  splitOnce,
} from '#server/config/database-parameters'
import { readPassfile } from '#server/config/database-passfile'
import { readTls } from '#server/config/database-tls'
import type { DatabaseConfig, PostgresConfig, SqliteConfig } from '#server/config/model'
import type { Reader } from '#server/config/reader'
import { absolutePath, type Folders } from '#server/config/server-settings'

const FORMS =
  'Write postgresql://user:password@host:5432/database, sqlite:////absolute/path.db or sqlite:///:memory:.'

/** Parses a database URL. Null after a problem was reported under the variable `name`. */
export function readDatabaseUrl(
  reader: Reader,
  name: string,
  url: string,
  folders: Folders,
): DatabaseConfig | null {
  const match = /^([A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9_]+)?:\/\/(.*)$/s.exec(url.trim())
  const scheme = match?.[1]?.toLowerCase()
  const rest = match?.[2] ?? ''
  if (scheme === 'sqlite') return readSqlite(reader, name, rest, folders)
  if (scheme === 'postgresql' || scheme === 'postgres') return readPostgres(reader, name, rest)
  const complaint = scheme ? 'the scheme is neither postgresql nor sqlite.' : 'the value is not a URL.'
  reader.problem(`${name}: ${complaint} ${FORMS}`)
  return null
}

function readSqlite(reader: Reader, name: string, rest: string, folders: Folders): SqliteConfig | null {
  const [location = '', query] = splitOnce(rest, '?')
  const fault = sqliteFault(location, query)
  if (fault) {
    reader.problem(`${name}: ${fault}`)
    return null
  }
  const file = location.slice(1)
  if (file === ':memory:') return { dialect: 'sqlite', file, inMemory: true }
  try {
    return { dialect: 'sqlite', file: absolutePath(file, folders), inMemory: false }
  } catch {
    reader.problem(`${name}: there is no home directory for ~. Write an absolute path.`)
    return null
  }
}

function sqliteFault(location: string, query: string | undefined): string | null {
  if (location === '' || location === '/') return `names no database. ${FORMS}`
  if (!location.startsWith('/')) {
    return 'the path follows two slashes, where a host would stand. Write sqlite:///relative.db or sqlite:////absolute.db.'
  }
  if (query) return 'parameters after ? are not understood for SQLite. Remove them.'
  if (location.startsWith('/file:')) return 'SQLite URI file names are not understood. Write the path itself.'
  if (location.endsWith('/')) return 'the path is a folder. Add the name of the file.'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f]/.test(location)) return 'the path holds a control character. Remove it.'
  return null
}

interface Address {
  user: string | null
  password: string | null
  hosts: string
  database: string
  parameters: Map<string, string>
}

function readPostgres(reader: Reader, name: string, rest: string): PostgresConfig | null {
  const address = splitAddress(rest)
  if (typeof address === 'string') {
    reader.problem(`${name}: ${address}`)
    return null
  }
  const { parameters } = address
  checkParameters(reader, name, parameters)
  const hosts = readHosts(reader, name, address)
  const database = address.database || parameters.get('dbname') || ''
  if (database === '') reader.problem(`${name}: names no database. ${FORMS}`)
  const user = parameters.get('user') || address.user || reader.text('PGUSER')
  const password = parameters.get('password') || address.password || reader.text('PGPASSWORD')
  const passfile = parameters.get('passfile')
  return {
    dialect: 'postgres',
    hosts,
    user,
    password: password ?? (passfile ? readPassfile(reader, name, passfile, { hosts, database, user }) : null),
    database,
    schema: null,
    tls: readTls(reader, name, parameters),
    applicationName:
      parameters.get('application_name') || parameters.get('fallback_application_name') || null,
    connectTimeoutSeconds: readTimeout(reader, name, parameters),
    options: parameters.get('options') || null,
    targetSessionAttrs: readSessionAttrs(reader, name, parameters),
  }
}

/**
 * Takes the text after `scheme://` apart. Not the URL class: several hosts, socket folders and
 * passwords with a raw `#` or `/` are common here and no valid URL.
 */
function splitAddress(rest: string): Address | string {
  const { userinfo, location } = splitUserinfo(rest)
  const [path = '', query] = splitOnce(location, '?')
  const [hosts = '', database = ''] = splitOnce(path, '/')
  if (database.includes('@')) {
    return 'the user name or the password holds a character that ends them. Percent-encode it: / is %2F, @ is %40.'
  }
  const parameters = parseQuery(query ?? '')
  if (typeof parameters === 'string') return parameters
  const [user, password] = splitOnce(userinfo, ':')
  return {
    user: user ? decode(user) : null,
    password: password ? decode(password) : null,
    hosts: decode(hosts),
    database: decode(database),
    parameters,
  }
}

function splitUserinfo(rest: string): { userinfo: string; location: string } {
  const authority = /^[^/?]*/.exec(rest)?.[0] ?? ''
  let end = authority.lastIndexOf('@')
  // No @ so far, and what follows the colon is no port: it is a password with a raw / or ? in it.
  if (end < 0 && /^[^:[\],]*:(?!\d*($|,))/.test(authority)) end = rest.indexOf('@')
  if (end < 0) return { userinfo: '', location: rest }
  return { userinfo: rest.slice(0, end), location: rest.slice(end + 1) }
}

function readHosts(reader: Reader, name: string, address: Address): PostgresConfig['hosts'] {
  const ports = (address.parameters.get('port') ?? '').split(',')
  const written = address.parameters.get('hostaddr') || address.parameters.get('host') || address.hosts
  const usable = ports.every((port) => /^(|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65535)
  const hosts = usable
    ? parseHosts(
        written || reader.text('PGHOST') || 'localhost',
        Number(ports[0] || reader.port('PGPORT', 5432)),
      )
    : 'the port is not a number from 1 to 65535.'
  if (typeof hosts === 'string') {
    reader.problem(`${name}: ${hosts}`)
    return [{ host: 'localhost', port: 5432 }]
  }
  if (ports.length > 1 && ports.length !== hosts.length) {
    reader.problem(
      `${name}: there are ${hosts.length} hosts and ${ports.length} ports. Give one port, or one for each.`,
    )
  }
  return ports.length > 1
    ? hosts.map((host, index) => ({ ...host, port: Number(ports[index]) || 5432 }))
    : hosts
}
