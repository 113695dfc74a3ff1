/** Pages of rows in an order of their own, forwards and backwards, of one list or of many lists in one statement. */
import { and, asc, type Column, desc, gt, gte, lt, lte, or, type SQL } from 'drizzle-orm'

/** Where a row stands in an order. Where rows are ordered by their ids alone, `sort` is the id. */
export interface Place {
  sort: number
  id: number
}

/** A part of a list. Both ends are exclusive. */
export interface Window {
  /** Rows at most. */
  limit: number
  after: Place | null
  before: Place | null
  /** Whether the last rows of the part are wanted, rather than the first. */
  fromEnd: boolean
}

/** Rows in the order of the list, and whether there are more in the direction of the window. */
export interface Slice<T> {
  items: T[]
  hasMore: boolean
}

/** By which columns a list is ordered, and whether the largest come first. */
export interface Order {
  sort: Column
  id: Column
  descending: boolean
}

/** The order and the conditions by which a window is read; a limit that is one larger tells whether there is more. */
export function windowClauses(
  { sort, id, descending }: Order,
  { after, before, fromEnd }: Window,
): { where: SQL | undefined; orderBy: [SQL, SQL] } {
  const behind = descending ? smaller : larger
  const ahead = descending ? larger : smaller
  const direction = descending !== fromEnd ? desc : asc
  return {
    where: and(after ? behind(sort, id, after) : undefined, before ? ahead(sort, id, before) : undefined),
    orderBy: [direction(sort), direction(id)],
  }
}

// The first condition alone is a range of the index; the second settles equal values.
const smaller = (sort: Column, id: Column, place: Place) =>
  and(lte(sort, place.sort), or(lt(sort, place.sort), lt(id, place.id)))
const larger = (sort: Column, id: Column, place: Place) =>
  and(gte(sort, place.sort), or(gt(sort, place.sort), gt(id, place.id)))

/** What a window holds, of rows read by its clauses. */
export function cutToWindow<T>(rows: readonly T[], { limit, fromEnd }: Window): Slice<T> {
  const items = rows.slice(0, limit)
  return { items: fromEnd ? items.reverse() : items, hasMore: rows.length > limit }
}

interface Combinable {
  unionAll(other: unknown): unknown
}

/** So many selects go into one statement; SQLite takes 500 of them. */
const SELECTS_PER_STATEMENT = 100

/**
 * Reads a window of many lists: one select for each, many in one statement.
 * @param select makes the select of one list, its order and limit inside a subquery
 * @param listOf which list a row belongs to
 */
export async function readWindows<Row>(
  lists: readonly number[],
  window: Window,
  select: (list: number) => PromiseLike<Row[]>,
  listOf: (row: Row) => number,
): Promise<Map<number, Slice<Row>>> {
  const rows = new Map<number, Row[]>(lists.map((list) => [list, []]))
  for (let at = 0; at < lists.length; at += SELECTS_PER_STATEMENT) {
    const [first, ...others] = lists.slice(at, at + SELECTS_PER_STATEMENT).map(select)
    if (!first) break
    // Builders of either engine combine alike; their types know only their own kind.
    const all = others.reduce<PromiseLike<Row[]>>(
      (one, other) => (one as unknown as Combinable).unionAll(other) as PromiseLike<Row[]>,
      first,
    )
    for (const row of await all) rows.get(listOf(row))?.push(row)
  }
  return new Map([...rows].map(([list, found]) => [list, cutToWindow(found, window)]))
}
