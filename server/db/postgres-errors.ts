/**
 * What a failed statement may say. Drizzle's error carries the statement's values, and PostgreSQL's `detail` quotes
 * whole rows: password hashes, token hashes, people's prompts. Errors end in logs, so both are left out.
 */
import { PgPreparedQuery } from 'drizzle-orm/pg-core'

/** Bulk statements are long and say little after their beginning. */
const LONGEST_TEXT = 500

/** A statement that PostgreSQL did not carry out; the driver's error is the cause. */
export class QueryError extends Error {
  /** The statement with `$1` in place of its values. */
  readonly query: string

  constructor(query: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : 'The query failed', { cause })
    this.name = 'QueryError'
    this.query = query.length > LONGEST_TEXT ? `${query.slice(0, LONGEST_TEXT)} …` : query
  }
}

/** The error without what it quotes of values. */
export function queryError(query: string, cause: unknown): QueryError {
  if (cause instanceof Error) {
    for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(cause, field)
  }
  return new QueryError(query, cause)
}

interface Runner {
  queryWithCache<T>(query: string, values: unknown[], run: () => Promise<T>): Promise<T>
}

// Every statement passes here. Drizzle's caching, which lives in the replaced function, is not used.
const runner = PgPreparedQuery.prototype as unknown as Runner
runner.queryWithCache = async (query, _values, run) => {
  try {
    return await run()
  } catch (cause) {
    throw queryError(query, cause)
  }
}
