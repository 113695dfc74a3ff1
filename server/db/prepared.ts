/** Selects that are asked again and again: put together once, and on PostgreSQL parsed once per connection. */
import { type Placeholder, sql } from 'drizzle-orm'
import type { Queries } from '#server/db/database'

/** A select with `sql.placeholder(name)` where its values go. */
interface Preparable<T> {
  prepare(name: string): { execute(values: Record<string, unknown>): PromiseLike<T> }
}

type Execute<T> = (values: Record<string, unknown>) => PromiseLike<T>

const known = new WeakMap<Queries, Map<string, Execute<unknown>>>()

/**
 * The select of this name, made by `build` when it is first asked for. It runs outside of transactions.
 * @param name names one text for ever: whatever changes the text must change the name
 */
export function prepared<T>(queries: Queries, name: string, build: () => Preparable<T>): Execute<T> {
  let selects = known.get(queries)
  if (!selects) {
    selects = new Map()
    known.set(queries, selects)
  }
  let execute = selects.get(name) as Execute<T> | undefined
  if (!execute) {
    const statement = build().prepare(`bennu_${name}`)
    execute = (values) => statement.execute(values)
    selects.set(name, execute as Execute<unknown>)
  }
  return execute
}

/**
 * A limit that stands in the text of a prepared select. Of a bound value PostgreSQL knows nothing when it plans, and
 * prepares for a tenth of all rows.
 */
export const fixedLimit = (rows: number): Placeholder =>
  sql.raw(String(Math.trunc(rows))) as unknown as Placeholder
