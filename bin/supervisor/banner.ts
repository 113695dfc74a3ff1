/** The few lines that say what has been started and where. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { VERSION } from '#server/build-info'
import type { Config, DatabaseConfig } from '#server/config/model'
import { describeDatabase } from '#server/db/describe'
import type { ProcessName } from '#server/process/messages'

/** The default file name of another program whose settings we share; never opened by us. */
const NEIGHBOUR = 'phoenix.db'

/** Prints the banner, or logs it as one line when logs are structured. */
export function printBanner(config: Config, log: Logger, ports: Map<ProcessName, number>): void {
  const facts = bannerFacts(config, ports)
  if (config.log.structured) {
    log.info(Object.fromEntries(facts), `Bennu ${VERSION} is ready`)
    return
  }
  const lines = facts.map(([name, value]) => `  ${name.padEnd(9)} ${value}`)
  process.stdout.write(`Bennu ${VERSION} is ready\n${lines.join('\n')}\n`)
}

/** The banner's lines as pairs of name and value; no secrets. */
export function bannerFacts(config: Config, ports: Map<ProcessName, number>): [string, string][] {
  const facts: [string, string][] = [
    ['database', whereData(config.database)],
    [
      'sign-in',
      config.auth.enabled ? 'on' : 'off: whoever reaches this server may read and write everything',
    ],
  ]
  const host = reachableHost(config.server.host)
  const web = ports.get('web')
  const collector = ports.get('collector')
  if (web !== undefined) {
    facts.push(['pages', `http://${host}:${web}/`], ['OTLP', `http://${host}:${web}/v1/traces`])
  }
  if (collector !== undefined) facts.push(['OTLP gRPC', `${host}:${collector}`])
  const neighbour = neighbourOf(config.database)
  if (neighbour) facts.push(['note', `${neighbour} belongs to another program and is left alone`])
  return facts
}

function whereData(database: DatabaseConfig): string {
  if (database.dialect === 'sqlite' && database.inMemory) return 'in memory: gone when this ends'
  return describeDatabase(database)
}

function neighbourOf(database: DatabaseConfig): string | null {
  if (database.dialect !== 'sqlite' || database.inMemory) return null
  const file = join(dirname(database.file), NEIGHBOUR)
  return file !== database.file && existsSync(file) ? file : null
}

/** All addresses at once is no address to type into a browser. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return '127.0.0.1'
  return bracketed(host)
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
