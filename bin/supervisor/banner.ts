/** The few lines that say what has been started and where. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { VERSION } from '#server/build-info'
import type { Config, DatabaseConfig } from '#server/config/model'
import { describeDatabase } from '#server/db/describe'
import type { Ports } from '#server/process/ports'
import { withRoot } from '#server/root-path'

/** The default file name of another program whose settings we share; never opened by us. */
const NEIGHBOUR = 'phoenix.db'

/** Prints the banner, or logs it as one line when logs are structured. */
export function printBanner(config: Config, log: Logger, ports: Ports): void {
  const facts = bannerFacts(config, ports)
  if (config.log.structured) {
    log.info(Object.fromEntries(facts), `Bennu ${VERSION} is ready`)
    return
  }
  const lines = facts.map(([name, value]) => `  ${name.padEnd(9)} ${value}`)
  process.stdout.write(`Bennu ${VERSION} is ready\n${lines.join('\n')}\n`)
}

/** The banner's lines as pairs of name and value; no secrets. */
export function bannerFacts(config: Config, ports: Ports): [string, string][] {
  const facts: [string, string][] = [
    ['database', whereData(config.database)],
    [
      'sign-in',
      config.auth.enabled ? 'on' : 'off: whoever reaches this server may read and write everything',
    ],
  ]
  const host = reachableHost(config.server.host)
  const { web, grpc, otlpHttp } = ports
  const http = config.tls?.http ? 'https' : 'http'
  if (web !== null) {
    const base = `${http}://${host}:${web}`
    facts.push(
      ['pages', `${base}${withRoot(config, '/')}`],
      ['OTLP', `${base}${withRoot(config, '/v1/traces')}`],
    )
  }
  const wanted = config.server.otlpHttp.port
  if (otlpHttp !== null) facts.push(['OTLP HTTP', `${http}://${host}:${otlpHttp}/v1/traces`])
  else if (grpc !== null && wanted !== 0) facts.push(['OTLP HTTP', `not there: port ${wanted} is taken`])
  if (grpc !== null) facts.push(['OTLP gRPC', `${host}:${grpc}${config.tls?.grpc ? ' with TLS' : ''}`])
  if (config.metrics.enabled) facts.push(['metrics', whereMetrics(config.metrics, ports.metrics)])
  const neighbour = neighbourOf(config.database)
  if (neighbour) facts.push(['note', `${neighbour} belongs to another program and is left alone`])
  return facts
}

function whereMetrics({ host, port }: Config['metrics'], bound: number | null): string {
  return bound === null
    ? `not there: port ${port} is taken`
    : `http://${reachableHost(host)}:${bound}/metrics`
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
