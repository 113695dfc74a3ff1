/** One measurement: the program on a fresh database with the sender beside it; or the floor with the same bytes. */
import { spawnSync } from 'node:child_process'
import { type PageReport, watchPage } from '../../test/watch-page'
import { type BenchDatabase, countSpans, createBenchDatabase } from './database'
import { runFloor } from './floor-run'
import type { Case, CaseResult, FloorReport, Preparation, SenderReport } from './model'
import { CpuClock, residentMb } from './processes'
import { runSender } from './send'
import { type MeasuredServer, startServer } from './server'

export interface Measuring {
  seconds: number
  warmUpMs: number
  /** Fetch `/projects` once a second meanwhile. */
  pages: boolean
  /** Variables for the measured program. */
  env: Record<string, string>
  /** Called around the part that counts; for profiles. */
  onCounting: (isCounting: boolean) => void
}

const SAMPLE_MS = 250
const SPANS_PER_COMMIT_OF_FLOOR = 512

/**
 * Measures the program.
 * @param payloads files of `prepare`
 * @throws Error when the program or the sender fails
 */
export async function measureServer(
  measured: Case,
  payloads: string[],
  options: Measuring,
): Promise<Omit<CaseResult, 'floor'>> {
  // What was written before, payloads above all, shall not be written to the disk meanwhile.
  spawnSync('sync')
  const database = await createBenchDatabase(measured.engine)
  try {
    const before = await database.size()
    const server = await startServer(database, options.env)
    const seen = await underLoad(measured, { database, server, payloads, options }).finally(() =>
      server.program.stop(),
    )
    const storedSpans = await countSpans(database)
    const diskBytesPerSpan = ((await database.size()) - before) / Math.max(1, storedSpans)
    return { case: measured, ...seen, storedSpans, diskBytesPerSpan }
  } finally {
    await database.remove()
  }
}

/**
 * Measures the floor with the same bytes.
 * @throws Error when it fails
 */
export async function measureFloor(
  { engine }: Case,
  { encoding, gzip }: Preparation,
  payloads: string[],
  { seconds, warmUpMs }: Pick<Measuring, 'seconds' | 'warmUpMs'>,
): Promise<FloorReport> {
  spawnSync('sync')
  return runFloor(engine, {
    payloads,
    encoding,
    gzip,
    warmUpMs,
    seconds,
    perCommit: SPANS_PER_COMMIT_OF_FLOOR,
  })
}

interface Scene {
  database: BenchDatabase
  server: MeasuredServer
  payloads: string[]
  options: Measuring
}

interface Seen {
  sender: SenderReport
  pages: PageReport | null
  serverCpuMs: number
  databaseCpuMs: number
  peakRssMb: number
}

async function underLoad(measured: Case, { database, server, payloads, options }: Scene): Promise<Seen> {
  const { program, apiKey, cookie } = server
  const watch = new Watch(program.pids, database.pids)
  let pages: ReturnType<typeof watchPage> | null = null
  const isGrpc = measured.transport === 'grpc'
  const order = {
    target: {
      port: isGrpc ? program.grpcPort : program.port,
      token: apiKey,
      encoding: measured.transport === 'json' ? ('json' as const) : ('protobuf' as const),
      gzip: measured.gzip,
    },
    transport: isGrpc ? ('grpc' as const) : ('http' as const),
    connections: measured.connections,
    payloads,
    warmUpMs: options.warmUpMs,
    seconds: options.seconds,
  }
  const sender = await runSender(order, () => {
    options.onCounting(true)
    if (options.pages) pages = watchPage(`${program.baseUrl}/projects`, { cookie })
    watch.start()
  }).finally(() => watch.stop())
  options.onCounting(false)
  const seen = await (pages as ReturnType<typeof watchPage> | null)?.stop()
  return { sender, pages: seen ?? null, ...watch.result() }
}

/** Looks at the processes now and then, between `start` and `stop`. */
class Watch {
  readonly #server = new CpuClock()
  readonly #database = new CpuClock()
  readonly #serverPids: () => number[]
  readonly #databasePids: () => number[]
  #peakRssMb = 0
  #timer: NodeJS.Timeout | undefined

  constructor(serverPids: () => number[], databasePids: () => number[]) {
    this.#serverPids = serverPids
    this.#databasePids = databasePids
  }

  start(): void {
    this.#look()
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#look()
  }

  result() {
    return {
      serverCpuMs: this.#server.total(),
      databaseCpuMs: this.#database.total(),
      peakRssMb: this.#peakRssMb,
    }
  }

  #look(): void {
    const pids = this.#serverPids()
    this.#server.look(pids)
    this.#database.look(this.#databasePids())
    this.#peakRssMb = Math.max(
      this.#peakRssMb,
      pids.reduce((sum, pid) => sum + residentMb(pid), 0),
    )
  }
}
