/** The load of the ingest promise, and what a person sees of it meanwhile. */
import { readChangeCounter } from '../scripts/bench/commits'
import type { Program } from './program'
import { sendBatches } from './senders'
import { countStoredIds } from './stored-ids'
import { watchPage } from './watch-page'

export interface LoadResult {
  acknowledged: number
  /** Acknowledged spans that are in the database. */
  stored: number
  failures: number
  /** Transactions that changed the database meanwhile, counted from outside. */
  commits: number
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
  const pages = watchPage(`${program.baseUrl}/projects`, { pauseMs: 100 })
  const file = `${program.workingDir}/bennu.db`
  const commitsBefore = readChangeCounter(file)
  const started = performance.now()
  const sent = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      sendBatches(index % 2 === 0 ? 'http' : 'grpc', program, { batches: requests, spansPerBatch: 1 }),
    ),
  )
  const durationMs = performance.now() - started
  const commits = readChangeCounter(file) - commitsBefore
  const seen = await pages.stop()
  const ids = sent.flatMap((each) => each.ids)
  const stored = await countStoredIds({ dialect: 'sqlite', file, inMemory: false })
  return {
    acknowledged: ids.length,
    stored: ids.filter((id) => stored.get(id) === 1).length,
    failures: sent.reduce((total, each) => total + each.failures, 0),
    commits,
    durationMs,
    pageErrors: seen.errors,
    pagesAsked: seen.asked,
    pageP95Ms: seen.p95Ms,
  }
}
