/** The load of the ingest promise, and what a person sees of it meanwhile. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Program } from './program'
import { sendBatches } from './senders'
import { countStoredIds } from './stored-ids'

export interface LoadResult {
  acknowledged: number
  /** Acknowledged spans that are in the database. */
  stored: number
  failures: number
  durationMs: number
  /** Answers of `/projects` that were not 200. */
  pageErrors: number
  pagesAsked: number
  /** Milliseconds to the whole answer of `/projects`, as a browser would wait. */
  pageP95Ms: number
}

/** Half of the connections speak HTTP, half gRPC; each sends its requests one after the other, one span each. */
export async function runLoad(
  program: Program,
  { connections, requests }: { connections: number; requests: number },
): Promise<LoadResult> {
  const pages = watchPage(`${program.baseUrl}/projects`)
  const started = performance.now()
  const sent = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      sendBatches(index % 2 === 0 ? 'http' : 'grpc', program, { batches: requests, spansPerBatch: 1 }),
    ),
  )
  const durationMs = performance.now() - started
  const seen = await pages.stop()
  const ids = sent.flatMap((each) => each.ids)
  const file = `${program.workingDir}/bennu.db`
  const stored = await countStoredIds({ dialect: 'sqlite', file, inMemory: false })
  return {
    acknowledged: ids.length,
    stored: ids.filter((id) => stored.get(id) === 1).length,
    failures: sent.reduce((total, each) => total + each.failures, 0),
    durationMs,
    ...seen,
  }
}

/** Asks for a page from a process of its own. */
function watchPage(url: string) {
  const script = fileURLToPath(new URL('./page-watch.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, url], { stdio: ['pipe', 'pipe', 'inherit'] })
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
      return { pageErrors: errors, pagesAsked: times.length, pageP95Ms: percentile(times, 0.95) }
    },
  }
}

/** The value that this share of the values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
