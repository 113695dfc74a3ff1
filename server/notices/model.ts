/** What admins must be told. Browser-safe. */
import type { NoticeTone } from '#server/db/schema'

/** Something that is wrong just now. Times are ISO 8601. */
export interface AdminNotice {
  /** Names the fault: `mail.failed`. */
  id: string
  tone: NoticeTone
  sentence: string
  /** How often it was seen since `firstAt`. */
  count: number
  firstAt: string
  lastAt: string
}

/** The answer of `GET /ui/notices`. */
export interface AdminNotices {
  notices: AdminNotice[]
}
