/**
 * Ten minutes of steady load: memory does not grow. Three minutes of the same load come before, because the engine first
 * collects what the start has left behind when it needs room, about two minutes after it; and its heaps take their size
 * afterwards. Leaves tens of gigabytes in the temporary folder meanwhile.
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
import { slopeOf } from './slope'
import { watchPage } from './watch-page'

const RUN_IN_SECONDS = 180
const SECONDS = 600
/** The last eight of the ten minutes. */
const COUNTED_SECONDS = 480
const SHARE_OF_CAPACITY = 0.7
const MOST_MB_PER_MINUTE = 1
const SAMPLE_MS = 1_000
const NEEDED_BYTES = 40 * 2 ** 30
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
  `memory on %s does not grow in ten minutes at 0.7 of what it takes${reason}`,
  async (engine) => {
    const capacity = await run(engine, { runInSeconds: 2, seconds: 20, requestsPerSecond: null })
    const requestsPerSecond =
      (capacity.sender.requests / capacity.sender.durationMs) * 1000 * SHARE_OF_CAPACITY
    const soak = await run(engine, { runInSeconds: RUN_IN_SECONDS, seconds: SECONDS, requestsPerSecond })
    const slopes = Object.fromEntries(
      Object.entries(soak.samples).map(([name, points]) => [name, growth(points)]),
    )
    console.log(JSON.stringify({ engine, requestsPerSecond, slopes, sender: soak.sender, pages: soak.pages }))
    expect([soak.sender.failures, soak.pages.errors]).toEqual([0, 0])
    for (const slope of Object.values(slopes)) expect(slope).toBeLessThan(MOST_MB_PER_MINUTE)
  },
)

interface Point {
  /** Minutes. */
  x: number
  /** Megabytes. */
  y: number
}

/** Megabytes a minute. */
const growth = (points: readonly Point[]) => {
  const end = points.at(-1)?.x ?? 0
  return slopeOf(points.filter(({ x }) => x > end - COUNTED_SECONDS / 60))
}

interface Load {
  /** Before anything counts. */
  runInSeconds: number
  seconds: number
  requestsPerSecond: number | null
}

async function run(engine: Engine, load: Load) {
  const database = await createBenchDatabase(engine)
  // Whoever looks at the pages stays signed in until the end.
  const { program, apiKey, cookie } = await startServer(database, {
    PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: '60',
  })
  const pages = watchPage(`${program.baseUrl}/projects`, { cookie })
  const memory = new MemoryWatch(program)
  try {
    const sender = await send(program, apiKey, load, () => memory.start())
    return { sender, samples: memory.stop(), pages: await pages.stop() }
  } finally {
    memory.stop()
    await program.stop()
    await database.remove()
  }
}

async function send(
  program: Program,
  token: string,
  { runInSeconds, ...load }: Load,
  onCounting: () => void,
): Promise<SenderReport> {
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
    warmUpMs: runInSeconds * 1000,
    ...load,
  } as const
  return runSender({ ...order, payloads }, onCounting)
}

/** The memory of the whole tree and of each process, once a second between `start` and `stop`. */
class MemoryWatch {
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
    const each = Object.entries(pids).map(([name, pid]) => ({ name, y: pid === null ? 0 : residentMb(pid) }))
    for (const { name, y } of each) this.#samples[name]?.push({ x, y })
    this.#samples.all?.push({ x, y: each.reduce((sum, { y }) => sum + y, 0) })
  }
}
