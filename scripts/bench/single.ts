/** 64 exporters that send single spans: how many share a commit, and what one commit for each would come to. */
import { fork, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BenchDatabase, createBenchDatabase, createProject } from './database'
import { printFigure } from './idle'
import { preparationOf } from './ingest'
import type { Case, Engine, SenderReport } from './model'
import type { BenchOptions } from './options'
import { PROJECT, prepare } from './prepare'
import { runSender } from './send'
import { startServer } from './server'

const EXPORTERS = 64
const WRITER = fileURLToPath(new URL('./one-commit-writer.ts', import.meta.url))

interface Single {
  sender: SenderReport
  commits: number
}

/** Measures and prints, for each engine that the options name. */
export async function benchSingle(options: BenchOptions): Promise<void> {
  const folder = options.payloads ?? mkdtempSync(join(tmpdir(), 'bennu-payloads-'))
  try {
    for (const engine of new Set(options.cases.map((each) => each.engine))) {
      const measured: Case = {
        engine,
        transport: 'http',
        weight: 'heavy',
        batch: 1,
        connections: EXPORTERS,
        gzip: true,
      }
      const preparation = preparationOf(
        measured,
        options.seconds + options.warmUpMs / 1000,
        options.gzipLevel,
      )
      const payloads = await prepare(preparation, folder)
      if (!options.prepareOnly)
        print(
          engine,
          await measureServer(engine, payloads, options),
          await measureWriter(engine, payloads, options),
        )
    }
  } finally {
    if (options.payloads === null) rmSync(folder, { recursive: true, force: true })
  }
}

function print(engine: Engine, server: Single, writer: Single): void {
  const perSecond = ({ sender }: Single) => (sender.requests / sender.durationMs) * 1000
  const each = ({ sender, commits }: Single) => (sender.totalRequests / Math.max(1, commits)).toFixed(1)
  const rate = (single: Single) =>
    `${Math.round(perSecond(single))} requests/s, ${each(single)} to a commit, ack p50 / p99 ${single.sender.p50Ms.toFixed(1)} / ${single.sender.p99Ms.toFixed(1)} ms`
  printFigure(`${EXPORTERS} exporters, single spans, ${engine}`, rate(server), '≥ 10 to a commit')
  printFigure('  a commit for each request', rate(writer), 'not faster')
  for (const [who, { sender }] of [
    ['server', server],
    ['writer', writer],
  ] as const) {
    if (sender.failures > 0)
      console.log(`  ! ${who}: ${sender.failures} refused, the first with: ${sender.firstFailure}`)
  }
}

async function measureServer(engine: Engine, payloads: string[], options: BenchOptions): Promise<Single> {
  const database = await createBenchDatabase(engine)
  try {
    const { program, apiKey } = await startServer(database)
    try {
      return await measure(database, program.port, { token: apiKey, payloads, options })
    } finally {
      await program.stop()
    }
  } finally {
    await database.remove()
  }
}

async function measureWriter(engine: Engine, payloads: string[], options: BenchOptions): Promise<Single> {
  const database = await createBenchDatabase(engine)
  const projectId = await createProject(database, PROJECT)
  const order = JSON.stringify({ database: database.config, projectId })
  const child = fork(WRITER, [order], { execArgv: ['--import', 'tsx'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message) => resolve(Number(message)))
      void gone.then(() => reject(new Error('The writer of single commits ended')))
    })
    return await measure(database, port, { token: '', payloads, options })
  } finally {
    child.kill()
    await gone
    await database.remove()
  }
}

interface Sending {
  token: string
  payloads: string[]
  options: BenchOptions
}

async function measure(
  database: BenchDatabase,
  port: number,
  { token, payloads, options }: Sending,
): Promise<Single> {
  spawnSync('sync')
  const before = await database.commits()
  const sender = await runSender(
    {
      target: { port, token, encoding: 'protobuf', gzip: true },
      transport: 'http',
      connections: EXPORTERS,
      payloads,
      warmUpMs: options.warmUpMs,
      seconds: options.seconds,
    },
    () => {},
  )
  return { sender, commits: (await database.commits()) - before }
}
