/** Listeners, folders, logs, cookies and ingest limits: everything without a rule across groups. */
import { BlockList, isIP } from 'node:net'
import path from 'node:path'
import { readManagementUrl } from '#server/config/account-settings'
import type { Config, OptionalPort } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'
import { readRoot } from '#server/config/root-settings'

const MIB = 1024 * 1024
/** The port that OpenTelemetry gives to OTLP over HTTP. */
const OTLP_HTTP_PORT = 4318
const METRICS_PORT = 9090

const LOG_LEVELS = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  fatal: 'fatal',
} as const

/** Where the server listens and how the world reaches it. */
export function readServer(reader: Reader, folders: Folders): Config['server'] {
  const port = reader.port('PHOENIX_PORT', 6006)
  const grpcPort = reader.port('PHOENIX_GRPC_PORT', 4317)
  if (port !== 0 && port === grpcPort) {
    reader.problem(`PHOENIX_GRPC_PORT: ${port} is also PHOENIX_PORT. Give each its own port.`)
  }
  return {
    host: readHost(reader, 'PHOENIX_HOST', 'PHOENIX_PORT') ?? '0.0.0.0',
    port,
    grpcPort,
    otlpHttp: readOtlpHttp(reader, { PHOENIX_PORT: port, PHOENIX_GRPC_PORT: grpcPort }),
    ...readRoot(reader),
    managementUrl: readManagementUrl(reader),
    workingDir: readWorkingDir(reader, folders),
    forwardedAllowIps: readForwardedAllowIps(reader),
  }
}

export interface Folders {
  /** The current directory: what relative paths start from. */
  cwd: string
  /** The home directory, asked for only when a path needs it; may throw. */
  home: () => string
}

/** An absolute path from what an operator wrote; a leading `~/` is the home directory. */
export function absolutePath(written: string, folders: Folders): string {
  if (written === '~') return folders.home()
  if (written.startsWith('~/')) return path.resolve(folders.home(), written.slice(2))
  return path.resolve(folders.cwd, written)
}

function readWorkingDir(reader: Reader, folders: Folders): string {
  const written = reader.text('PHOENIX_WORKING_DIR') ?? '~/.phoenix'
  try {
    return absolutePath(written, folders)
  } catch {
    reader.problem('PHOENIX_WORKING_DIR: there is no home directory to put the data in. Set it to a folder.')
    return folders.cwd
  }
}

/** The address to listen on that a variable names, or null when it names none. */
function readHost(reader: Reader, name: string, portName: string): string | null {
  const written = reader.text(name)
  if (written === null) return null
  const host = written.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host)) return host
  reader.problem(
    `${name}: ${quoted(name, written)} is not an address to listen on. ` +
      `Write an IP address or a host name alone; the port goes into ${portName}.`,
  )
  return null
}

function readOptionalPort(reader: Reader, name: string, fallback: number): OptionalPort {
  return { port: reader.port(name, fallback), chosen: reader.text(name) !== null }
}

/** The standard port of OTLP over HTTP steps back when another listener of ours was given it. */
function readOtlpHttp(reader: Reader, others: Record<string, number>): OptionalPort {
  const name = 'BENNU_OTLP_HTTP_PORT'
  const wanted = readOptionalPort(reader, name, OTLP_HTTP_PORT)
  const rival = nameOfPort(others, wanted.port)
  if (rival === null) return wanted
  if (wanted.chosen) {
    reader.problem(`${name}: ${wanted.port} is also ${rival}. Give each its own port.`)
  } else if (rival === 'PHOENIX_GRPC_PORT') {
    reader.warn(
      `${name}: ${wanted.port} is also ${rival}, so OTLP over HTTP is on PHOENIX_PORT alone. ` +
        'Choose another port, or set it to 0.',
    )
  }
  return { port: 0, chosen: wanted.chosen }
}

/** Which of our listeners was given this very port; 0 is a different one each time. */
function nameOfPort(ports: Record<string, number>, port: number): string | null {
  return Object.keys(ports).find((name) => port !== 0 && ports[name] === port) ?? null
}

/** Where metrics are served, if they are. */
export function readMetrics(reader: Reader, server: Config['server']): Config['metrics'] {
  const enabled = reader.bool('PHOENIX_ENABLE_PROMETHEUS', false)
  const host = readHost(reader, 'BENNU_METRICS_HOST', 'BENNU_METRICS_PORT') ?? server.host
  const metrics = { enabled, host, ...readOptionalPort(reader, 'BENNU_METRICS_PORT', METRICS_PORT) }
  const others = {
    PHOENIX_PORT: server.port,
    PHOENIX_GRPC_PORT: server.grpcPort,
    BENNU_OTLP_HTTP_PORT: server.otlpHttp.port,
  }
  const rival = nameOfPort(others, metrics.port)
  if (enabled && rival !== null && host === server.host) {
    reader.problem(`BENNU_METRICS_PORT: ${metrics.port} is also ${rival}. Give each its own port.`)
  }
  const idle = ['BENNU_METRICS_PORT', 'BENNU_METRICS_HOST'].filter((name) => reader.text(name) !== null)
  if (!enabled && idle.length > 0) {
    reader.warn(
      `${idle.join(', ')}: no metrics are served. Set PHOENIX_ENABLE_PROMETHEUS=true, or remove it.`,
    )
  }
  return metrics
}

function readForwardedAllowIps(reader: Reader): string[] {
  const items = reader.list('FORWARDED_ALLOW_IPS')
  if (items.length === 0) return ['127.0.0.0/8', '::1']
  for (const item of items.filter((one) => !isPeer(one))) {
    reader.problem(
      `FORWARDED_ALLOW_IPS: ${quoted('FORWARDED_ALLOW_IPS', item)} is neither an address nor a range. ` +
        'Write addresses or ranges such as 10.0.0.0/8, separated by commas, or *.',
    )
  }
  if (items.includes('*')) {
    reader.warn(
      'FORWARDED_ALLOW_IPS: * lets every client choose the address it is recorded under. ' +
        'Name the reverse proxies instead, unless nothing else can reach the port.',
    )
  }
  return items
}

function isPeer(item: string): boolean {
  if (item === '*' || isIP(item) !== 0) return true
  const [address = '', bits = '', more] = item.split('/')
  if (more !== undefined || !/^\d{1,3}$/.test(bits) || isIP(address) === 0) return false
  try {
    new BlockList().addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
    return true
  } catch {
    return false
  }
}

/** How much is logged, and in which form. */
export function readLog(reader: Reader): Config['log'] {
  return {
    level: reader.choice('PHOENIX_LOGGING_LEVEL', LOG_LEVELS, 'info'),
    structured:
      reader.choice('PHOENIX_LOGGING_MODE', { default: 'default', structured: 'structured' }, 'default') ===
      'structured',
  }
}

/** Attributes of the session cookies. Below a prefix they are nobody else's: other servers share the host. */
export function readCookies(reader: Reader, { rootPath }: Config['server']): Config['cookies'] {
  // Set and empty it is the root of the host.
  const fallback = reader.env.PHOENIX_COOKIES_PATH === undefined ? rootPath || '/' : '/'
  const path = reader.text('PHOENIX_COOKIES_PATH') ?? fallback
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(path)) {
    reader.problem(
      `PHOENIX_COOKIES_PATH: ${quoted('PHOENIX_COOKIES_PATH', path)} is not a path. ` +
        'Write one that begins with / and has no blank and no semicolon.',
    )
  } else if (!covers(path, rootPath)) {
    reader.warn(
      `PHOENIX_COOKIES_PATH: ${path} does not lead to PHOENIX_HOST_ROOT_PATH (${rootPath || '/'}), so browsers will not ` +
        'stay signed in. Remove it.',
    )
  }
  return { secure: reader.bool('PHOENIX_USE_SECURE_COOKIES', false), path }
}

/** Whether a cookie of this path is sent to every page (RFC 6265 5.1.4). */
function covers(cookiePath: string, rootPath: string): boolean {
  return `${rootPath}/`.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

/** Caps on what is accepted and kept in memory before it is committed. */
export function readIngest(reader: Reader): Config['ingest'] {
  const bytes = (name: string, fallback: number) =>
    reader.integer(name, { fallback, min: 64 * 1024, max: 4096 * MIB })
  const maxRequestBytes = bytes('BENNU_MAX_REQUEST_BYTES', 32 * MIB)
  const maxInflatedBytes = bytes('BENNU_MAX_INFLATED_BYTES', Math.max(128 * MIB, maxRequestBytes))
  if (maxInflatedBytes < maxRequestBytes) {
    reader.problem(
      'BENNU_MAX_INFLATED_BYTES: smaller than BENNU_MAX_REQUEST_BYTES, so that plain requests would be refused. ' +
        'Make it at least as large.',
    )
  }
  return {
    maxQueuedSpans: reader.integer('PHOENIX_MAX_SPANS_QUEUE_SIZE', { fallback: 20_000, min: 1, max: 1e9 }),
    maxRequestBytes,
    maxInflatedBytes,
    maxInflightBytes: bytes('BENNU_MAX_INFLIGHT_BYTES', 256 * MIB),
  }
}
