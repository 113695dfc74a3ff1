/**
 * Every sum counted anew, page after page: beside a running server, and without harm when it is cut short. What is counted
 * is in recount.ts and the files beside it.
 */
import { asc } from 'drizzle-orm'
import type { Database } from '#server/db/database'
import { type CountedPage, type RecountPage, recountTraces } from '#server/ingest/recount'
import { recountBuckets } from '#server/ingest/recount-buckets'
import { recountSessions } from '#server/ingest/recount-sessions'

/** Rows whose ids are read at once. */
const ROWS_PER_PAGE = 200

/** What is counted, in this order: each builds on the one before. The last goes through all traces once more. */
export type ReindexStep = 'traces' | 'sessions' | 'traces by project'

export interface ReindexProgress {
  step: ReindexStep
  done: number
  /** Rows that were there when the step began. */
  total: number
}

type Tell = (progress: ReindexProgress) => void
type CountPage = (db: Database, page: RecountPage) => Promise<CountedPage | null>

/**
 * Counts the sums of all traces, sessions and projects anew.
 * @param onProgress told at the beginning of each step, after each page, and at the end with `done` equal to `total`
 * @returns how many rows there were of each
 */
export async function reindex(
  db: Database,
  onProgress: Tell = () => {},
): Promise<Record<'traces' | 'sessions' | 'projects', number>> {
  const { traces, projectSessions } = db.t
  return {
    traces: await runPages(db, meter('traces', await db.read.$count(traces), onProgress), recountTraces),
    sessions: await runPages(
      db,
      meter('sessions', await db.read.$count(projectSessions), onProgress),
      recountSessions,
    ),
    projects: await recountProjects(db, meter('traces by project', await db.read.$count(traces), onProgress)),
  }
}

type Meter = ReturnType<typeof meter>

/** How far a step is. Rows that come while it runs may be counted too, and are not told of. */
function meter(step: ReindexStep, total: number, tell: Tell) {
  let done = 0
  tell({ step, done, total })
  const add = (rows: number) => {
    done = Math.min(done + rows, total)
    tell({ step, done, total })
  }
  return { total, add, end: () => tell({ step, done: total, total }) }
}

async function runPages(db: Database, progress: Meter, count: CountPage): Promise<number> {
  for (let afterId = 0; ; ) {
    const page = await count(db, { afterId, limit: ROWS_PER_PAGE })
    if (!page) break
    progress.add(page.rows)
    afterId = page.lastId
  }
  progress.end()
  return progress.total
}

/** @returns how many projects there were */
async function recountProjects(db: Database, progress: Meter): Promise<number> {
  const { projects } = db.t
  const rows = await db.read.select({ id: projects.id }).from(projects).orderBy(asc(projects.id))
  for (const { id } of rows) await recountBuckets(db, id, { onCounted: progress.add })
  progress.end()
  return rows.length
}
