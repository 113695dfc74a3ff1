/**
 * Every sum counted anew, page after page in transactions of their own: beside a running server, and without harm when it
 * is cut short. What is counted is in recount.ts.
 */
import { asc, gt } from 'drizzle-orm'
import type { Database } from '#server/db/database'
import { type RecountPage, recountBuckets, recountTraces } from '#server/ingest/recount'
import { recountSessions } from '#server/ingest/recount-sessions'

/** Rows of one transaction. */
const TRACES_PER_PAGE = 200
const SESSIONS_PER_PAGE = 200
const PROJECTS_PER_PAGE = 1

/** What is counted, in this order: each builds on the one before. */
export type ReindexStep = 'traces' | 'sessions' | 'projects'

export interface ReindexProgress {
  step: ReindexStep
  done: number
  /** Rows that were there when the step began. */
  total: number
}

/**
 * Counts the sums of all traces, sessions and projects anew.
 * @param onProgress told at the beginning of each step, after each page, and at the end with `done` equal to `total`
 * @returns how many rows there were of each
 */
export async function reindex(
  db: Database,
  onProgress: (progress: ReindexProgress) => void = () => {},
): Promise<Record<ReindexStep, number>> {
  const { traces, projectSessions, projects } = db.t
  const run = async (step: ReindexStep, total: number, count: CountPage, limit: number) => {
    onProgress({ step, done: 0, total })
    let done = 0
    for (let afterId: number | null = 0; afterId !== null; ) {
      afterId = await count(db, { afterId, limit })
      done = Math.min(done + limit, total)
      onProgress({ step, done: afterId === null ? total : done, total })
    }
    return total
  }
  return {
    traces: await run('traces', await db.read.$count(traces), recountTraces, TRACES_PER_PAGE),
    sessions: await run(
      'sessions',
      await db.read.$count(projectSessions),
      recountSessions,
      SESSIONS_PER_PAGE,
    ),
    projects: await run('projects', await db.read.$count(projects), recountProjects, PROJECTS_PER_PAGE),
  }
}

type CountPage = (db: Database, page: RecountPage) => Promise<number | null>

async function recountProjects(db: Database, { afterId, limit }: RecountPage): Promise<number | null> {
  const { projects } = db.t
  const page = await db.read
    .select({ id: projects.id })
    .from(projects)
    .where(gt(projects.id, afterId))
    .orderBy(asc(projects.id))
    .limit(limit)
  for (const { id } of page) await recountBuckets(db, id)
  return page.at(-1)?.id ?? null
}
