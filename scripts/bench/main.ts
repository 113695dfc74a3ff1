import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { measureLoad } from '../../test/measured-load'
import { freePort } from '../../test/postgres'
import { runBennu, spawnBennu, startProgram } from '../../test/program'

const STARTS = 5
const SETTLE_MS = 10_000

const workingDir = mkdtempSync(join(tmpdir(), 'bennu-bench-'))
try {
  await runBennu(['db', 'migrate'], { PHOENIX_WORKING_DIR: workingDir })
  const starts: number[] = []
  for (let run = 0; run < STARTS; run++) starts.push(await measureStart())
  const sorted = [...starts].sort((a, b) => a - b)
  print(
    'cold start to the first 200',
    `${seconds(sorted[Math.floor(STARTS / 2)])} (median of ${STARTS}: ${sorted.map(seconds).join(', ')})`,
    '< 3 s',
  )
  print('idle memory, sum of RSS', await measureMemory(), '< 400 MB')
  if (process.argv.includes('load')) await printLoad()
} finally {
  rmSync(workingDir, { recursive: true, force: true })
}

/** Milliseconds from starting the process to the first 200 of /healthz, on a migrated database. */
async function measureStart(): Promise<number> {
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

async function measureMemory(): Promise<string> {
  const program = await startProgram({ workingDir })
  try {
    // A page and an API call have been served, as in any server that is in use.
    for (const path of ['/projects', '/v1/projects']) await (await fetch(program.baseUrl + path)).text()
    await sleep(SETTLE_MS)
    const each = program.pids().map(residentMegabytes)
    const total = each.reduce((sum, value) => sum + value, 0)
    return `${Math.round(total)} MB (${each.map(Math.round).join(' + ')})`
  } finally {
    await program.stop()
  }
}

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

async function printLoad(): Promise<void> {
  const load = await measureLoad({ connections: 200, requests: 100 })
  const rate = Math.round(load.acknowledged / (load.durationMs / 1000))
  print(
    '200 connections, 100 requests each',
    `${rate} requests/s, ${load.failures} failures, ${load.acknowledged - load.stored} lost`,
    '0, 0',
  )
  print('meanwhile /projects, p95', `${Math.round(load.pageP95Ms)} ms of ${load.pagesAsked}`, '< 500 ms')
  print("web's event-loop delay, p99", `${load.eventLoopP99Ms.toFixed(1)} ms`, '< 50 ms')
}

function seconds(ms = 0): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function print(what: string, figure: string, budget: string): void {
  console.log(`${what.padEnd(36)} ${figure}   [${budget}]`)
}
