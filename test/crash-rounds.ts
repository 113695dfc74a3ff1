/** Breaks the program or its database again and again while spans are being sent, and counts what became of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseConfig } from '#server/config/model'
import { type Program, startProgram, until } from './program'
import { type Sender, type SenderOptions, startSender } from './senders'
import { countStoredIds } from './stored-ids'

const SENDERS_PER_TRANSPORT = 4
/** Long enough for traffic to flow, and each time a little different. */
const trafficMs = () => 400 + Math.random() * 400
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
  acknowledged: { http: number; grpc: number }
  /** Exports that failed while something was down. */
  failures: number
  /** Acknowledged and not in the database. */
  lost: string[]
  /** Acknowledged and in the database more than once. */
  repeated: string[]
  /** Processes that were not the same any more although their fault leaves them alone. */
  replaced: string[]
}

/** Strikes with every fault in every round, with traffic in between. Senders retry until a span is acknowledged. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashResult> {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-crash-'))
  const env = { ...options.database.env, ...options.env }
  let program = await startProgram({ workingDir, env })
  const senders = startSenders(program, options.faults)
  const replaced: string[] = []
  const startAgain = async () => {
    const ports = { PHOENIX_PORT: String(program.port), PHOENIX_GRPC_PORT: String(program.grpcPort) }
    program = await startProgram({ workingDir, env: { ...env, ...ports } })
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
    return { ...judge(senders, await countStoredIds(options.database.config(workingDir))), replaced }
  } finally {
    program.killTree()
    await Promise.all(senders.map((sender) => sender.abandon()))
    rmSync(workingDir, { recursive: true, force: true })
  }
}

function startSenders(program: Program, faults: readonly Fault[]): Sender[] {
  const options = Object.assign(
    { timeoutMs: SENDER_PATIENCE_MS },
    ...faults.map((fault) => fault.senders ?? {}),
  )
  return (['http', 'grpc'] as const).flatMap((transport) =>
    Array.from({ length: SENDERS_PER_TRANSPORT }, () => startSender(transport, program, options)),
  )
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

function judge(senders: Sender[], stored: Map<string, number>): Omit<CrashResult, 'replaced'> {
  const idsOf = (transport: string) =>
    senders.filter((sender) => sender.transport === transport).flatMap((sender) => [...sender.acknowledged])
  const http = idsOf('http')
  const grpc = idsOf('grpc')
  const all = [...http, ...grpc]
  return {
    acknowledged: { http: http.length, grpc: grpc.length },
    failures: senders.reduce((total, sender) => total + sender.failures, 0),
    lost: all.filter((id) => !stored.has(id)),
    repeated: all.filter((id) => (stored.get(id) ?? 0) > 1),
  }
}
