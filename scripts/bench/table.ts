/** What people read: a block of lines for each case, and the table of docs/performance.md. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import type { Case, CaseResult } from './model'
import { senderCore } from './processes'

const WIRE = { http: 'HTTP protobuf', json: 'HTTP JSON', grpc: 'gRPC' }
const ENGINE_NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' }

export function describeCase({ engine, transport, weight, batch, connections, gzip }: Case): string {
  const wire = `${WIRE[transport]}${gzip ? ' gzip' : ''}`
  return `${ENGINE_NAMES[engine]}, ${wire}, ${weight} spans, ${batch} a request, ${connections} connections`
}

/** Spans a second. */
export const rateOf = ({ spans, durationMs }: { spans: number; durationMs: number }) =>
  (spans / durationMs) * 1000

interface Figures {
  rate: string
  floor: string
  ratio: string
  ack: string
  cpu: string
  rss: string
  disk: string
  pages: string
}

function figuresOf(result: CaseResult): Figures {
  const { sender, floor, pages } = result
  const rate = rateOf(sender)
  const micros = (ms: number) => `${((ms * 1000) / Math.max(1, sender.spans)).toFixed(0)}`
  const hasDatabase = result.databaseCpuMs > 0
  return {
    rate: thousands(rate),
    floor: floor ? thousands(rateOf(floor)) : '–',
    ratio: floor ? `${((rate / rateOf(floor)) * 100).toFixed(0)} %` : '–',
    ack: `${milliseconds(sender.p50Ms)} / ${milliseconds(sender.p99Ms)}`,
    cpu: `${micros(result.serverCpuMs)}${hasDatabase ? ` + ${micros(result.databaseCpuMs)}` : ''}`,
    rss: result.peakRssMb.toFixed(0),
    disk: thousands(result.diskBytesPerSpan),
    pages: pages ? `${milliseconds(pages.p95Ms)}` : '–',
  }
}

const milliseconds = (ms: number) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))
const thousands = (value: number) => Math.round(value).toLocaleString('en-US')

/** Prints a case for the terminal. */
export function printResult(result: CaseResult): void {
  const { sender, floor, pages } = result
  const figures = figuresOf(result)
  const line = (what: string, value: string) => console.log(`  ${what.padEnd(34)} ${value}`)
  console.log(describeCase(result.case))
  line('spans/s', figures.rate)
  if (floor) {
    const cpu = `${((floor.cpuMs * 1000) / Math.max(1, floor.spans)).toFixed(0)} µs CPU a span`
    line('raw floor, spans/s', `${figures.floor} (${cpu}); ratio ${figures.ratio}`)
  }
  line('ack p50 / p99 / longest, ms', `${figures.ack} / ${milliseconds(sender.maxMs)}`)
  line('CPU a span, µs (server + database)', figures.cpu)
  line('peak memory of the server, MB', figures.rss)
  line('bytes on disk a span', figures.disk)
  if (pages) line('/projects p95, ms', `${figures.pages} of ${pages.asked}, ${pages.errors} failed`)
  for (const warning of warningsOf(result)) line('!', warning)
  console.log('')
}

/** What would make the figures mean less than they seem to. */
function warningsOf({ sender, storedSpans }: CaseResult): string[] {
  const warnings: string[] = []
  if (sender.failures > 0)
    warnings.push(`${sender.failures} requests refused, the first with: ${sender.firstFailure}`)
  if (sender.usedUp) warnings.push('the payloads were used up before the time was over')
  if (storedSpans !== sender.totalSpans)
    warnings.push(`${sender.totalSpans} spans acknowledged, ${storedSpans} stored`)
  return warnings
}

/** Prints the table, ready to stand in docs/performance.md. */
export function printMarkdown(results: readonly CaseResult[], { seconds }: { seconds: number }): void {
  console.log(`${machine()}; ${seconds} s each.\n`)
  console.log(
    '| Engine | Wire | Spans | Batch × connections | Spans/s | Raw floor | Ratio | Ack p50 / p99, ms | CPU a span, µs | Memory, MB | Bytes a span | /projects p95, ms |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|---|---|')
  for (const result of results) {
    const { engine, transport, gzip, weight, batch, connections } = result.case
    const { rate, floor, ratio, ack, cpu, rss, disk, pages } = figuresOf(result)
    const wire = `${WIRE[transport]}${gzip ? ', gzip' : ''}`
    const cells = [
      ENGINE_NAMES[engine],
      wire,
      weight,
      `${batch} × ${connections}`,
      rate,
      floor,
      ratio,
      ack,
      cpu,
      rss,
      disk,
      pages,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

/** The machine and the commit, in one sentence. */
export function machine(): string {
  const model = /model name\s*: (.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor'
  const commit = git('rev-parse', '--short=10', 'HEAD')
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes'
  const core = senderCore()
  const held =
    core === null ? 'the sender on any core, because there is no taskset' : `the sender held to core ${core}`
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
  return `${availableParallelism()} cores (${model}), ${memory}, Node ${process.version}, commit ${commit}${changed}; ${held}`
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
