/** Figures of this machine. What there is to measure: options.ts, and docs/performance.md in words. */
import { measureLoad } from '../../test/measured-load'
import { stopDatabases } from './database'
import { benchStart, printFigure } from './idle'
import { benchIngest } from './ingest'
import { type Part, readOptions } from './options'
import { benchSingle } from './single'
import { machine } from './table'

const options = readOptions(process.argv.slice(2))

const RUN: Record<Part, () => Promise<unknown>> = {
  start: benchStart,
  ingest: () => benchIngest(options),
  single: () => benchSingle(options),
  load: benchLoad,
}

console.log(`${machine()}\n`)
try {
  for (const part of options.parts) await RUN[part]()
} finally {
  await stopDatabases()
}

async function benchLoad(): Promise<void> {
  const load = await measureLoad({ connections: 200, requests: 100 })
  const rate = Math.round(load.acknowledged / (load.durationMs / 1000))
  printFigure(
    '200 connections, 100 requests each',
    `${rate} requests/s, ${load.failures} failures, ${load.acknowledged - load.stored} lost`,
    '0, 0',
  )
  printFigure(
    'meanwhile /projects, p95',
    `${Math.round(load.pageP95Ms)} ms of ${load.pagesAsked}`,
    '< 500 ms',
  )
  printFigure("web's event-loop delay, p99", `${load.eventLoopP99Ms.toFixed(1)} ms`, '< 50 ms')
}
