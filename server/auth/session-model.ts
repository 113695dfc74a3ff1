/** Sessions as pages see them. Browser-safe. */
import type { AuthMethod } from '#server/db/schema'

/** One sign-in in one browser. */
export interface SessionSummary {
  /** GlobalID `Session:<row id>`. */
  id: string
  /** Whether the question came from this very session. */
  isCurrent: boolean
  /** How the person signed in. */
  method: AuthMethod
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601; to the minute or so. */
  lastSeenAt: string
  /** ISO 8601: when it ends unless it is used before. */
  expiresAt: string
  /** The client's address when it was last seen, or null when none was known. */
  address: string | null
  /** For people: `Firefox on Linux`. */
  device: string
}

/** The answer of `GET /ui/sessions` and `GET /ui/users/{id}/sessions`: live sessions, last seen first. */
export interface SessionList {
  sessions: SessionSummary[]
}

/** The answer of `DELETE /ui/sessions` (all but the current one) and `DELETE /ui/users/{id}/sessions`. */
export interface SessionsEnded {
  /** How many sessions that were still alive have ended. */
  ended: number
}
