/** Whether what ingest has added up, through all that happened, is what counting gives. */
import type { DatabaseConfig } from '#server/config/model'
import { openDatabase } from '#server/db/open'
import { reindex } from '#server/ingest/reindex'
import { readSums } from './sums'

/** What one looks at of a difference: a sum that is wrong is seldom alone. */
const MOST_LINES = 20

/** Counts everything anew, and answers what this changed, as it was and as it is; empty when nothing did. */
export async function findWrongSums(config: DatabaseConfig): Promise<string[]> {
  const db = await openDatabase(config)
  try {
    const kept = linesOf(await readSums(db))
    await reindex(db)
    const counted = linesOf(await readSums(db))
    const wrong = [...kept].filter((line) => !counted.has(line)).map((line) => `kept ${line}`)
    const right = [...counted].filter((line) => !kept.has(line)).map((line) => `counted ${line}`)
    return [...wrong.slice(0, MOST_LINES), ...right.slice(0, MOST_LINES)]
  } finally {
    await db.close()
  }
}

function linesOf(sums: Awaited<ReturnType<typeof readSums>>): Set<string> {
  return new Set(
    Object.entries(sums).flatMap(([table, rows]) =>
      Object.entries(rows).map(([key, row]) => `${table} ${key}: ${JSON.stringify(row)}`),
    ),
  )
}
