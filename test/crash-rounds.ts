/** Kills the program in every way while spans are being sent, and counts what became of the acknowledged ones. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseConfig } from '#server/config/model'
import { type Program, startProgram, tryKill, until } from './program'
import { type Sender, startSender } from './senders'
import { countStoredIds } from './stored-ids'

const SENDERS_PER_TRANSPORT = 4
/** Long enough for traffic to flow again, and each time a little different. */
const trafficMs = () => 400 + Math.random() * 400

export interface CrashOptions {
  rounds: number
  /** Where the rows go: variables for the program, and the same for our own look at it. */
  database: { env: Record<string, string>; config: (workingDir: string) => DatabaseConfig }
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
}

/** Each round kills web, then the collector, then the whole tree, with traffic in between. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashResult> {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-crash-'))
  const env = { ...options.database.env, ...options.env }
  let program = await startProgram({ workingDir, env })
  const senders = (['http', 'grpc'] as const).flatMap((transport) =>
    Array.from({ length: SENDERS_PER_TRANSPORT }, () => startSender(transport, program)),
  )
  try {
    for (let round = 0; round < options.rounds; round++) {
      await killChild(program, 'web')
      await killChild(program, 'collector')
      program = await killTree(program, workingDir, env)
    }
    await sleep(trafficMs())
    await Promise.all(senders.map((sender) => sender.stop()))
    await program.stop()
    return judge(senders, await countStoredIds(options.database.config(workingDir)))
  } finally {
    program.killTree()
    rmSync(workingDir, { recursive: true, force: true })
  }
}

async function killChild(program: Program, name: 'web' | 'collector'): Promise<void> {
  await sleep(trafficMs())
  const pid = await until(name, () => program.childPid(name))
  tryKill(pid, 'SIGKILL')
  await until(`a new ${name}`, () => (program.childPid(name) ?? pid) !== pid)
  await program.untilHealthy()
}

async function killTree(program: Program, workingDir: string, env: Record<string, string>): Promise<Program> {
  await sleep(trafficMs())
  program.killTree()
  await program.exited
  const ports = { PHOENIX_PORT: String(program.port), PHOENIX_GRPC_PORT: String(program.grpcPort) }
  return startProgram({ workingDir, env: { ...env, ...ports } })
}

function judge(senders: Sender[], stored: Map<string, number>): CrashResult {
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
