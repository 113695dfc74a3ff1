/**
 * The configuration: `parseConfig(env)` turns the environment into one frozen value. Nothing else
 * reads process.env, and nothing here writes or connects.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { readAuth } from '#server/config/auth-settings'
import { readDatabase } from '#server/config/database'
import { readEdge } from '#server/config/edge-settings'
import { readLdap } from '#server/config/ldap-settings'
import { readLimits } from '#server/config/limit-settings'
import { readMail } from '#server/config/mail-settings'
import type { ConfigReport } from '#server/config/model'
import { warnAboutUnknownNames } from '#server/config/names'
import { readOauth2 } from '#server/config/oauth2-settings'
import { checkPromises } from '#server/config/promises'
import { type Environment, Reader } from '#server/config/reader'
import { readCookies, readIngest, readLog, readMetrics, readServer } from '#server/config/server-settings'
import { readListenerTls } from '#server/config/tls-settings'

export { describeConfig, publicConfig } from '#server/config/describe'
export type { Config, ConfigReport, PublicConfig } from '#server/config/model'

export interface ParseOptions {
  /** Reads the file that a variable names; the file system when left out. */
  readFile?: (path: string) => string
  /** The home directory, for the default working directory and `~/`. */
  homedir?: string
  /** What relative paths start from; the current directory when left out. */
  cwd?: string
}

/** The environment asks for something impossible. `problems` are sentences, each begins with a name. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((one) => `  ${one}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads every variable once and returns the frozen configuration with its warnings.
 * @throws ConfigError with all problems together; no problem and no warning holds a secret.
 */
export function parseConfig(env: Environment, options: ParseOptions = {}): ConfigReport {
  const reader = new Reader(env, options.readFile ?? ((path) => readFileSync(path, 'utf8')))
  const folders = { cwd: options.cwd ?? process.cwd(), home: () => options.homedir ?? homedir() }
  const server = readServer(reader, folders)
  const log = readLog(reader)
  const metrics = readMetrics(reader, server)
  const database = readDatabase(reader, server.workingDir, folders)
  const auth = readAuth(reader)
  const config = {
    server,
    tls: readListenerTls(reader, folders),
    log,
    metrics,
    database,
    auth,
    oauth2: readOauth2(reader, auth),
    cookies: readCookies(reader, server),
    limits: readLimits(reader),
    edge: readEdge(reader, auth.enabled),
    mail: readMail(reader, auth, server),
    ldap: readLdap(reader, auth, folders),
    ingest: readIngest(reader),
  }
  checkPromises(reader)
  warnAboutUnknownNames(reader)
  if (reader.problems.length > 0) throw new ConfigError([...new Set(reader.problems)])
  return deepFreeze({ config, warnings: [...new Set(reader.warnings)] })
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
