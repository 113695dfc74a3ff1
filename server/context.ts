import type { Logger } from 'pino'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import type { Actor } from '#server/permissions'

/** Where a request came from, for the audit log. */
export interface RequestInfo {
  /** The id sent back as `x-request-id` and written into every log line of the request. */
  requestId: string
  /** The client's address as far as it can be trusted, or null when there is none (command line). */
  address: string | null
  userAgent: string | null
}

/** What every domain function gets first: the world it may touch and who asks. */
export interface Ctx {
  db: Database
  config: Config
  actor: Actor
  request: RequestInfo
  /** The current time; tests pass their own. */
  clock: () => Date
  log: Logger
}
