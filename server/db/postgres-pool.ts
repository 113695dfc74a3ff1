/** Connections to PostgreSQL: several hosts, TLS with fallback, the right kind of server, our schema. */
import { userInfo } from 'node:os'
import pg from 'pg'
import type { PostgresConfig } from '#server/config/model'
import { errorCodes, errorMessages } from '#server/db/error-codes'
import { endIfUnanswered } from '#server/db/postgres-silence'
import { type Tls, tlsAttempts } from '#server/db/postgres-tls'
import { AppError } from '#server/errors'

const OLDEST_VERSION = 14
/** When the URL sets no connect_timeout. */
const CONNECT_TIMEOUT_SECONDS = 10
const KEEP_ALIVE_MS = 30_000
/**
 * After a few runs of a statement a connection keeps one plan for all values, those of foreign keys' checks among them,
 * until statistics are gathered again, a minute later or more. Tables that spans go into gain thousands of rows in a second:
 * a plan made for three pages of them reads all of them for every row. So whoever takes a connection gets no plan older
 * than this.
 */
const PLANS_LAST_MS = 5_000
/** Sent when the next to take a connection would get older ones. */
export const FORGET_PLANS = 'discard plans'

/** One host and one way to talk to it. */
interface Target {
  host: string
  port: number
  ssl: Tls
}

// JSON stays text, so that 64-bit integers survive; int8 and numeric are numbers, as SQLite gives them.
pg.types.setTypeParser(pg.types.builtins.JSON, (text) => text)
pg.types.setTypeParser(pg.types.builtins.JSONB, (text) => text)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** A connection that is at an end once an answer did not come in time. */
class Connection extends pg.Client {
  // The driver's overloads are many; none of them minds this signature.
  override query(...args: never[]): never {
    const asked = (super.query as (...args: never[]) => unknown).apply(this, args)
    if (asked instanceof Promise) asked.catch((error: unknown) => endIfUnanswered(this, error))
    return asked as never
  }
}

export interface PoolSettings {
  applicationName: string
  maxConnections: number
  /** After so long without an answer the server counts as lost; never, when left out. */
  queryTimeoutMs?: number
}

/**
 * A pool that finds its server as libpq does: hosts in order, and for each the TLS modes its `sslmode` allows. The
 * target that answered is kept until a connection to it fails; then the list is tried again from the top.
 */
export class PostgresPool extends pg.Pool {
  readonly #config: PostgresConfig
  readonly #client: pg.ClientConfig
  readonly #targets: Target[]
  #search: Promise<void> | null = null
  /** When each connection last had no plans, in milliseconds of the monotonic clock. */
  readonly #plansSince = new WeakMap<pg.PoolClient, number>()

  /** @throws AppError invalid when a certificate file cannot be read */
  constructor(config: PostgresConfig, settings: PoolSettings) {
    const targets = listTargets(config)
    const client = clientOptions(config, settings)
    super({
      ...client,
      ...targets[0],
      Client: Connection,
      max: settings.maxConnections,
      idleTimeoutMillis: 60_000,
      onConnect: (client) => prepareSession(client, config),
    })
    this.#config = config
    this.#client = client
    this.#targets = targets
    // A lost idle connection has left the pool already, and a lost busy one fails its query.
    this.on('error', () => {})
    this.on('connect', (client) => client.on('error', () => {}))
  }

  override connect(): Promise<pg.PoolClient>
  override connect(
    callback: (
      error: Error | undefined,
      client: pg.PoolClient | undefined,
      done: (release?: Error | boolean) => void,
    ) => void,
  ): void
  override connect(
    callback?: (
      error: Error | undefined,
      client: pg.PoolClient | undefined,
      done: (release?: Error | boolean) => void,
    ) => void,
  ): Promise<pg.PoolClient> | undefined {
    const connected = this.#connectAnywhere().then((client) => this.#forgetOldPlans(client))
    if (!callback) return connected
    connected.then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    )
  }

  /**
   * Asks the server for a sign of life.
   * @throws the driver's error, when there is none within the time
   */
  async ping(timeoutMs: number): Promise<void> {
    const client = await this.#connectAnywhere()
    let answered = false
    try {
      const query = { text: 'select 1', query_timeout: timeoutMs }
      await client.query(query)
      answered = true
    } finally {
      client.release(!answered)
    }
  }

  async #forgetOldPlans(client: pg.PoolClient): Promise<pg.PoolClient> {
    const now = performance.now()
    const since = this.#plansSince.get(client)
    if (since !== undefined && now - since < PLANS_LAST_MS) return client
    this.#plansSince.set(client, now)
    if (since === undefined) return client
    try {
      await client.query(FORGET_PLANS)
    } catch (error) {
      client.release(true)
      throw error
    }
    return client
  }

  async #connectAnywhere(): Promise<pg.PoolClient> {
    try {
      return await super.connect()
    } catch (error) {
      if (this.#targets.length === 1 || isFinal(error)) throw error
      await this.#searchOnce()
      return super.connect()
    }
  }

  #searchOnce(): Promise<void> {
    this.#search ??= this.#findTarget().finally(() => {
      this.#search = null
    })
    return this.#search
  }

  async #findTarget(): Promise<void> {
    const problems: unknown[] = []
    for (let index = 0; index < this.#targets.length; index++) {
      const target = this.#targets[index] as Target
      try {
        await probe({ ...this.#client, ...target }, this.#config)
        Object.assign(this.options, target)
        return
      } catch (error) {
        if (isFinal(error)) throw error
        problems.push(error)
        // Out of reach is out of reach, with TLS or without.
        if (!otherTlsMayHelp(error)) index = lastOfHost(this.#targets, index)
      }
    }
    const last = problems.at(-1)
    throw new AggregateError(
      problems,
      last instanceof Error ? last.message : 'No PostgreSQL server can be reached',
    )
  }
}

/** The settings of one connection, without host, port and TLS. */
function clientOptions(config: PostgresConfig, settings: PoolSettings): pg.ClientConfig {
  return {
    user: config.user ?? userInfo().username,
    ...(config.password === null ? {} : { password: config.password }),
    database: config.database,
    application_name: config.applicationName ?? settings.applicationName,
    connectionTimeoutMillis: (config.connectTimeoutSeconds || CONNECT_TIMEOUT_SECONDS) * 1000,
    ...(config.options === null ? {} : { options: config.options }),
    ...(settings.queryTimeoutMs === undefined ? {} : { query_timeout: settings.queryTimeoutMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  }
}

function listTargets(config: PostgresConfig): Target[] {
  const attempts = tlsAttempts(config.tls)
  return config.hosts.flatMap(({ host, port }) =>
    // A socket file never leaves the machine; libpq ignores sslmode there too.
    (host.startsWith('/') ? ([false] as Tls[]) : attempts).map((ssl) => ({ host, port, ssl })),
  )
}

const lastOfHost = (targets: Target[], index: number): number => {
  const { host, port } = targets[index] as Target
  return targets.findLastIndex((other) => other.host === host && other.port === port)
}

/** Errors that another host would not mend: the server understood us and refused. */
const isFinal = (error: unknown) =>
  error instanceof AppError || errorCodes(error).some((code) => /^(28P01|3D000|42501)$/.test(code))

/** Errors that the other TLS mode may mend: the handshake, or a server that wants the other one (28000). */
const otherTlsMayHelp = (error: unknown) =>
  errorCodes(error).some((code) => code === '28000' || code === 'EPROTO' || code.startsWith('ERR_SSL')) ||
  errorMessages(error).some((message) => /does not support SSL|establishing an SSL/.test(message))

async function probe(options: pg.ClientConfig, config: PostgresConfig): Promise<void> {
  const client = new pg.Client(options)
  client.on('error', () => {})
  try {
    await client.connect()
    await prepareSession(client, config)
  } finally {
    await client.end().catch(() => {})
  }
}

/** What every new connection must pass: version, kind of server, and our schema in front. */
async function prepareSession(client: pg.ClientBase, config: PostgresConfig): Promise<void> {
  const { rows } = await client.query<{ version: number; standby: boolean; readonly: string }>(
    `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
            current_setting('default_transaction_read_only') as readonly`,
  )
  const server = rows[0]
  if (!server) throw new Error('PostgreSQL did not say its version')
  assertVersion(server.version)
  assertSessionAttrs(config.targetSessionAttrs, server.standby, server.standby || server.readonly === 'on')
  if (config.schema !== null) {
    await client.query(`set search_path to ${pg.escapeIdentifier(config.schema)}`)
  }
}

/**
 * @param versionNumber PostgreSQL's server_version_num, such as 140011
 * @throws AppError conflict for servers older than 14
 */
export function assertVersion(versionNumber: number): void {
  const major = Math.floor(versionNumber / 10_000)
  if (major >= OLDEST_VERSION) return
  throw new AppError(
    'conflict',
    `The database server is PostgreSQL ${major}; Bennu needs PostgreSQL ${OLDEST_VERSION} or newer`,
    { code: 'old_server' },
  )
}

/** A server of the wrong kind; another host may be of the right one. Transient: a standby may be promoted. */
class WrongServer extends Error {
  readonly code = '08004'
}

/** @throws Error that counts as transient, when the server is not of the kind `target_session_attrs` asks for */
export function assertSessionAttrs(wanted: string | null, standby: boolean, readOnly: boolean): void {
  const fits: Record<string, boolean> = {
    'read-write': !readOnly,
    'read-only': readOnly,
    primary: !standby,
    standby,
  }
  if (wanted === null || (fits[wanted] ?? true)) return
  throw new WrongServer(`The PostgreSQL server is not ${wanted} as target_session_attrs asks`)
}
