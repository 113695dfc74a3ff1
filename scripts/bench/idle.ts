/** Cold start and idle memory of the built program. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/free-port'
import { runBennu, spawnBennu, startProgram } from '../../test/program'
import { residentMb } from './processes'

const STARTS = 5
const SETTLE_MS = 10_000

/** Measures and prints both. */
export async function benchStart(): Promise<void> {
  const workingDir = mkdtempSync(join(tmpdir(), 'bennu-bench-'))
  try {
    await runBennu(['db', 'migrate'], { PHOENIX_WORKING_DIR: workingDir })
    const starts: number[] = []
    for (let run = 0; run < STARTS; run++) starts.push(await measureStart(workingDir))
    const sorted = [...starts].sort((a, b) => a - b)
    printFigure(
      'cold start to the first 200',
      `${seconds(sorted[Math.floor(STARTS / 2)])} (median of ${STARTS}: ${sorted.map(seconds).join(', ')})`,
      '< 3 s',
    )
    printFigure('idle memory, sum of RSS', await measureMemory(workingDir), '< 400 MB')
  } finally {
    rmSync(workingDir, { recursive: true, force: true })
  }
}

/** Milliseconds from starting the process to the first 200 of /healthz, on a migrated database. */
async function measureStart(workingDir: string): Promise<number> {
  const port = await freePort()
  const started = performance.now()
  const child = spawnBennu(['serve'], {
    PHOENIX_HOST: '127.0.0.1',
    PHOENIX_PORT: String(port),
    PHOENIX_GRPC_PORT: '0',
    PHOENIX_WORKING_DIR: workingDir,
  })
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
    await answer?.text()
    if (answer?.status === 200) break
    if (child.exitCode !== null) throw new Error('bennu serve ended')
    await sleep(10)
  }
  const tookMs = performance.now() - started
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
  return tookMs
}

async function measureMemory(workingDir: string): Promise<string> {
  const program = await startProgram({ workingDir })
  try {
    // A page and an API call have been served, as in any server that is in use.
    for (const path of ['/projects', '/v1/projects']) await (await fetch(program.baseUrl + path)).text()
    await sleep(SETTLE_MS)
    const each = program.pids().map(residentMb)
    const total = each.reduce((sum, value) => sum + value, 0)
    return `${Math.round(total)} MB (${each.map(Math.round).join(' + ')})`
  } finally {
    await program.stop()
  }
}

const seconds = (ms = 0) => `${(ms / 1000).toFixed(2)} s`

/** One line: what, how much, and what it should be. */
export function printFigure(what: string, figure: string, budget: string): void {
  console.log(`${what.padEnd(36)} ${figure}   [${budget}]`)
}
