/** The load run with web's event loop watched from inside. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadResult, runLoad } from './load-run'
import { startProgram, until } from './program'

export interface MeasuredLoad extends LoadResult {
  /** 99th percentile of the delay of web's main thread, in milliseconds. */
  eventLoopP99Ms: number
}

/** Starts a program of its own, loads it, and measures. */
export async function measureLoad(size: { connections: number; requests: number }): Promise<MeasuredLoad> {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-load-'))
  const report = join(folder, 'event-loop')
  const probe = new URL('./event-loop-probe.mjs', import.meta.url).href
  const program = await startProgram({
    env: { NODE_OPTIONS: `--import ${probe}`, EVENT_LOOP_REPORT: report },
  })
  try {
    const web = program.childPid('web')
    if (web === null) throw new Error('there is no web process')
    await fetch(`${program.baseUrl}/projects`)
    process.kill(web, 'SIGUSR1')
    const load = await runLoad(program, size)
    process.kill(web, 'SIGUSR2')
    await until('the report', () => existsSync(report) && readFileSync(report, 'utf8') !== '')
    return { ...load, eventLoopP99Ms: Number(readFileSync(report, 'utf8')) }
  } finally {
    await program.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
