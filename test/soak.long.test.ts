/**
 * Ten minutes of steady load: memory does not grow. Three minutes of all that the server takes come before: they say how
 * much that is, and caches and heaps have their size afterwards. Under less load from the start they would still take it
 * minutes later, since only bursts touch V8's young generations to their ends. The load goes to web; the collector is idle.
 * Leaves tens of gigabytes in the temporary folder meanwhile.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createBenchDatabase, stopDatabases } from '../scripts/bench/database'
import type { Engine, SenderReport } from '../scripts/bench/model'
import { prepare } from '../scripts/bench/prepare'
import { residentMb } from '../scripts/bench/processes'
import { runSender } from '../scripts/bench/send'
import { startServer } from '../scripts/bench/server'
import type { Program } from './program'
import { floorOf, type Point, slopeOf } from './slope'
import { watchPage } from './watch-page'

const CAPACITY_SECONDS = 180
const SECONDS = 600
/** The last eight of the ten minutes: what the fuller load needed has been given back by then. */
const COUNTED_SECONDS = 480
const SHARE_OF_CAPACITY = 0.7
const MOST_MB_PER_MINUTE = 1
const SAMPLE_MS = 1_000
const NEEDED_BYTES = 60 * 2 ** 30
const BATCH = 512
const CONNECTIONS = 4

const folder = mkdtempSync(join(tmpdir(), 'bennu-soak-'))
afterAll(async () => {
  await stopDatabases()
  rmSync(folder, { recursive: true, force: true })
})

const { bavail, bsize } = statfsSync(folder)
const hasRoom = bavail * bsize > NEEDED_BYTES
const reason = hasRoom
  ? ''
  : ` (left out: the temporary folder has less than ${NEEDED_BYTES / 2 ** 30} GB free)`

it.skipIf(!hasRoom).each(['sqlite', 'postgres'] as const)(
  `%s: memory does not grow in ten minutes at seven tenths of the capacity${reason}`,
  async (engine) => {
    const { sender, pages, samples, processes } = await soak(engine)
    const series = Object.entries(samples)
    const slopes = Object.fromEntries(series.map(([name, points]) => [name, growth(points)]))
    const slopesOfFloors = Object.fromEntries(
      series.map(([name, points]) => [name, slopeOf(floorOf(counted(points), 1))]),
    )
    const byMinute = Object.fromEntries(series.map(([name, points]) => [name, minutesOf(points)]))
    const full = (sender.totalRequests - sender.requests) / CAPACITY_SECONDS
    const kept = (sender.requests / sender.durationMs) * 1000
    console.log(JSON.stringify({ engine, slopes, slopesOfFloors, byMinute, full, kept, sender, pages }))
    expect([sender.firstFailure, pages.errors]).toEqual([null, 0])
    // Each is there, and none was started again.
    expect(processes).toBe(3)
    expect(kept / full).toBeGreaterThan(SHARE_OF_CAPACITY - 0.03)
    expect(kept / full).toBeLessThan(SHARE_OF_CAPACITY + 0.01)
    for (const [name, points] of series) {
      expect(points.length, name).toBeGreaterThan(SECONDS * 0.9)
      expect(Math.min(...points.map(({ y }) => y)), name).toBeGreaterThan(0)
    }
    for (const slope of Object.values(slopes)) expect(slope).toBeLessThan(MOST_MB_PER_MINUTE)
  },
)

/** Of points in minutes and megabytes. */
const counted = (points: readonly Point[]) => {
  const end = points.at(-1)?.x ?? 0
  return points.filter(({ x }) => x > end - COUNTED_SECONDS / 60)
}

/**
 * Megabytes a minute, by all values. Between two collections memory goes up and down by 30 MB; the slope of each minute's
 * lowest value, which is printed too, says whether growth is more than that.
 */
const growth = (points: readonly Point[]) => slopeOf(counted(points))

/** Megabytes at the begin of each minute. */
const minutesOf = (points: readonly Point[]) =>
  points
    .filter(({ x }, index) => Math.floor(x) !== Math.floor(points[index - 1]?.x ?? -1))
    .map(({ y }) => Math.round(y))

async function soak(engine: Engine) {
  const database = await createBenchDatabase(engine)
  // Whoever looks at the pages stays signed in until the end.
  const { program, apiKey, cookie } = await startServer(database, {
    PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: '60',
  })
  const pages = watchPage(`${program.baseUrl}/projects`, { cookie })
  const memory = new MemoryWatch(program)
  try {
    const sender = await send(program, apiKey, () => memory.start())
    return { sender, samples: memory.stop(), processes: memory.pids.size, pages: await pages.stop() }
  } finally {
    memory.stop()
    await program.stop()
    await database.remove()
  }
}

async function send(program: Program, token: string, onCounting: () => void): Promise<SenderReport> {
  const preparation = {
    weight: 'light',
    encoding: 'protobuf',
    // Sent again and again with other ids: ten minutes of compressed ones would not fit anywhere.
    gzip: false,
    gzipLevel: 1,
    batch: BATCH,
    streams: CONNECTIONS,
    spans: 400_000,
  } as const
  const payloads = await prepare(preparation, folder)
  const order = {
    target: { port: program.port, token, encoding: 'protobuf', gzip: false },
    transport: 'http',
    connections: CONNECTIONS,
    payloads,
    warmUpMs: CAPACITY_SECONDS * 1000,
    seconds: SECONDS,
    shareOfCapacity: SHARE_OF_CAPACITY,
  } as const
  return runSender(order, onCounting)
}

/** The memory of the whole tree and of each process, once a second between `start` and `stop`. */
class MemoryWatch {
  readonly pids = new Set<number>()
  readonly #samples: Record<string, Point[]> = { all: [], supervisor: [], web: [], collector: [] }
  readonly #program: Program
  #timer: NodeJS.Timeout | undefined

  constructor(program: Program) {
    this.#program = program
  }

  start(): void {
    const since = performance.now()
    this.#timer = setInterval(() => this.#look((performance.now() - since) / 60_000), SAMPLE_MS)
  }

  stop(): Record<string, Point[]> {
    clearInterval(this.#timer)
    return this.#samples
  }

  #look(x: number): void {
    const program = this.#program
    const pids = {
      supervisor: program.pid,
      web: program.childPid('web'),
      collector: program.childPid('collector'),
    }
    for (const pid of Object.values(pids)) this.pids.add(pid ?? 0)
    const each = Object.entries(pids).map(([name, pid]) => ({ name, y: residentMb(pid ?? 0) }))
    for (const { name, y } of each) this.#samples[name]?.push({ x, y })
    this.#samples.all?.push({ x, y: each.reduce((sum, { y }) => sum + y, 0) })
  }
}
