/** Small pieces of bulk statements that both engines accept. */
import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/** Cuts a list so that each part's bound values fit into one statement. */
export function chunksFor<T>(items: readonly T[], valuesPerItem: number, maxParameters: number): T[][] {
  const size = Math.max(1, Math.floor(maxParameters / valuesPerItem))
  const chunks: T[][] = []
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size))
  return chunks
}

/** In `on conflict do update`: the value that would have been inserted. */
export const excluded = (column: AnyColumn): SQL => sql.raw(`excluded."${column.name}"`)

/** By code units, the same in every process whatever its locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
