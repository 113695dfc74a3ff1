/** Questions that PostgreSQL leaves unanswered. */
import type pg from 'pg'
import { errorMessages } from '#server/db/error-codes'

/** What the driver says after `query_timeout`. */
const UNANSWERED = 'Query read timeout'

/**
 * Ends a connection that did not answer in time. Whatever is asked on it afterwards, a rollback for one, would wait behind
 * that answer, as long again; now it fails at once.
 */
export function endIfUnanswered(client: pg.ClientBase, error: unknown): void {
  if (errorMessages(error).includes(UNANSWERED)) void (client as pg.Client).end().catch(() => {})
}
