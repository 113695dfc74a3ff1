/** Somebody who looks at the list of projects meanwhile, in a process of its own. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { percentile } from './percentile'

const WATCH = fileURLToPath(new URL('./page-watch.mjs', import.meta.url))

export interface PageReport {
  asked: number
  /** Answers that were not 200. */
  errors: number
  /** Milliseconds to the whole answer, as a browser would wait. */
  p95Ms: number
}

/** Asks for a page, waits so long, asks again, until `stop`. */
export function watchPage(
  url: string,
  { cookie = '', pauseMs = 1000 } = {},
): { stop(): Promise<PageReport> } {
  const child = spawn(process.execPath, [WATCH, url, String(pauseMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PAGE_COOKIE: cookie },
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  return {
    stop: async () => {
      child.stdin.end()
      await closed
      const { times, errors } = JSON.parse(output) as { times: number[]; errors: number }
      return { asked: times.length, errors, p95Ms: percentile(times, 0.95) }
    },
  }
}
