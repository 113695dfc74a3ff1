/** The rows of the traces table as pages and refreshes come in. Pure. Newest first. */
import type { Page, TraceSummary } from '#server/traces/model'

export interface TraceList {
  rows: TraceSummary[]
  /** Where older rows go on, or null at the end. */
  nextCursor: string | null
}

const newestFirst = (a: TraceSummary, b: TraceSummary) => b.startTime - a.startTime || b.id - a.id

/** Adds a page of older rows at the end. */
export function appendPage(list: TraceList, page: Page<TraceSummary>): TraceList {
  return { rows: union(list.rows, page.items), nextCursor: page.nextCursor }
}

/**
 * Brings in the newest page: rows already there take their new figures, new ones go to their place. When the page has
 * nothing in common with the list, what lies between is unknown, and the page starts a new list.
 */
export function mergeHead(list: TraceList, head: Page<TraceSummary>): TraceList {
  const known = new Set(list.rows.map((row) => row.id))
  const touches = head.nextCursor === null || head.items.some((row) => known.has(row.id))
  if (list.rows.length === 0 || !touches) return { rows: head.items, nextCursor: head.nextCursor }
  return { rows: union(list.rows, head.items), nextCursor: list.nextCursor }
}

/** How many rows of the head are not in the list yet. */
export function countNew(list: TraceList, head: Page<TraceSummary>): number {
  const known = new Set(list.rows.map((row) => row.id))
  return head.items.filter((row) => !known.has(row.id)).length
}

/** The list with the new figures of rows it already has, and no others: nothing moves. */
export function refreshKnown(list: TraceList, head: Page<TraceSummary>): TraceList {
  const fresh = new Map(head.items.map((row) => [row.id, row]))
  return { ...list, rows: list.rows.map((row) => fresh.get(row.id) ?? row) }
}

function union(old: TraceSummary[], more: TraceSummary[]): TraceSummary[] {
  const byId = new Map(old.map((row) => [row.id, row]))
  for (const row of more) byId.set(row.id, row)
  return [...byId.values()].sort(newestFirst)
}
