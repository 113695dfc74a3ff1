/** Breaks the program or its database again and again while spans are being sent, and counts what became of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseConfig } from '#server/config/model'
import { findWrongSums } from './crash-sums'
import { freePort } from './free-port'
import { type Program, startProgram, until } from './program'
import { type Sender, type SenderOptions, startSender } from './senders'
import { countStoredIds } from './stored-ids'

/** Besides one for the collector's own port of OTLP over HTTP. */
const SENDERS_PER_TRANSPORT = 4
/** Long enough for traffic to flow, and each time a little different. */
const trafficMs = () => 400 + Math.random() * 400
/** Traces grow from batch to batch, so that sums are made of what came before and after a fault. */
const SPANS_PER_TRACE = 7
/** Shorter than any fault lasts, so that exporters give up, and send again what may be stored already. */
const SENDER_PATIENCE_MS = 1_000
/** After a fault is over, spans of both transports are taken again within this time, or something is stuck. */
const RECOVERY_MS = 45_000

/** What a fault strikes at. */
export interface Scene {
  program: Program
  senders: readonly Sender[]
  /** After the program's end: starts it again on the same ports and the same database. */
  startAgain(): Promise<void>
}

/** Something that happens to a server in its life. */
export interface Fault {
  /** Resolves when the fault is over; the program may need a moment more. */
  strike(scene: Scene): Promise<void>
  /** The processes that are others afterwards. */
  replaces: readonly ProcessName[]
  senders?: SenderOptions
}

type ProcessName = 'supervisor' | 'web' | 'collector'

export interface CrashDatabase {
  /** Variables for the program, and the same for our own look at it. */
  env: Record<string, string>
  config: (workingDir: string) => DatabaseConfig
}

export interface CrashOptions {
  rounds: number
  /** Each round goes through all of them. */
  faults: readonly Fault[]
  database: CrashDatabase
  env?: Record<string, string>
}

export interface CrashResult {
  /** By transport, and of `http` those that went to the collector's own port. */
  acknowledged: { http: number; grpc: number; otlpPort: number }
  /** Exports that failed while something was down. */
  failures: number
  /** Acknowledged and not in the database. */
  lost: string[]
  /** Acknowledged and in the database more than once. */
  repeated: string[]
  /** Processes that were not the same any more although their fault leaves them alone. */
  replaced: string[]
  /** Sums that a recount changed. */
  wrongSums: string[]
}

/** Strikes with every fault in every round, with traffic in between. Senders retry until a span is acknowledged. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashResult> {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-crash-'))
  const otlpPort = await freePort()
  const env = { ...options.database.env, BENNU_OTLP_HTTP_PORT: String(otlpPort), ...options.env }
  const start = async (ports = {}) => {
    const program = await startProgram({ workingDir, env: { ...env, ...ports } })
    if (program.otlpHttpPort === otlpPort) return program
    program.killTree()
    throw new Error(`the collector did not get port ${otlpPort}:\n${program.output()}`)
  }
  let program = await start()
  const senders = startSenders(program, options.faults)
  const replaced: string[] = []
  const startAgain = async () => {
    const ports = { PHOENIX_PORT: String(program.port), PHOENIX_GRPC_PORT: String(program.grpcPort) }
    program = await start(ports)
  }
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const fault of options.faults) {
        await sleep(trafficMs())
        const before = processesOf(program)
        await fault.strike({ program, senders, startAgain })
        await untilFlowing(program, senders)
        replaced.push(...changed(before, processesOf(program), fault))
      }
    }
    await Promise.all(senders.map((sender) => sender.stop()))
    await program.stop()
    const config = options.database.config(workingDir)
    const verdict = judge(senders, await countStoredIds(config))
    return { ...verdict, replaced, wrongSums: await findWrongSums(config) }
  } finally {
    program.killTree()
    await Promise.all(senders.map((sender) => sender.abandon()))
    rmSync(workingDir, { recursive: true, force: true })
  }
}

function startSenders(program: Program, faults: readonly Fault[]): Sender[] {
  const options: SenderOptions = Object.assign(
    { timeoutMs: SENDER_PATIENCE_MS, spansPerTrace: SPANS_PER_TRACE },
    ...faults.map((fault) => fault.senders ?? {}),
  )
  const { grpcPort, otlpHttpPort } = program
  const atCollector = { baseUrl: `http://127.0.0.1:${otlpHttpPort}`, grpcPort }
  const others = (['http', 'grpc'] as const).flatMap((transport) =>
    Array.from({ length: SENDERS_PER_TRANSPORT }, () => startSender(transport, program, options)),
  )
  return [startSender('http', atCollector, options), ...others]
}

/** Nothing needs a restart: every sender gets spans through that it had not yet when the fault was over. */
async function untilFlowing(program: Program, senders: readonly Sender[]): Promise<void> {
  const before = senders.map((sender) => sender.acknowledged.size)
  const isFlowing = () => senders.every((sender, index) => sender.acknowledged.size > (before[index] ?? 0))
  try {
    await until('spans to flow again', isFlowing, RECOVERY_MS)
  } catch (cause) {
    throw new Error(`no spans flow; the program's last words:\n${program.output().slice(-2_000)}`, { cause })
  }
}

type Processes = Record<ProcessName, number | null>

function processesOf(program: Program): Processes {
  return { supervisor: program.pid, web: program.childPid('web'), collector: program.childPid('collector') }
}

function changed(before: Processes, after: Processes, fault: Fault): string[] {
  return (['supervisor', 'web', 'collector'] as const).filter(
    (name) => !fault.replaces.includes(name) && before[name] !== after[name],
  )
}

/** The first sender is the one at the collector's own port. */
function judge(senders: Sender[], stored: Map<string, number>): Omit<CrashResult, 'replaced' | 'wrongSums'> {
  const idsOf = (transport: string) =>
    senders.filter((sender) => sender.transport === transport).flatMap((sender) => [...sender.acknowledged])
  const http = idsOf('http')
  const grpc = idsOf('grpc')
  const all = [...http, ...grpc]
  return {
    acknowledged: { http: http.length, grpc: grpc.length, otlpPort: senders[0]?.acknowledged.size ?? 0 },
    failures: senders.reduce((total, sender) => total + sender.failures, 0),
    lost: all.filter((id) => !stored.has(id)),
    repeated: all.filter((id) => (stored.get(id) ?? 0) > 1),
  }
}
