/** What has been noted of the use of credentials and is not written yet. */
import type { Database } from '#server/db/database'

/** The least time between two writes for the same session, key or person. */
export const WRITE_EVERY_MS = 60_000

/** The last use of a session. */
export interface SessionUse {
  at: Date
  address: string | null
}

/** The last use of a key, and its requests since they were last written, by days since 1970. */
export interface KeyUse extends SessionUse {
  days: Map<number, number>
}

/** Notes by row id, each handed out for writing at most once a minute. */
class Notebook<Note> {
  readonly #notes = new Map<number, Note>()
  readonly #writtenAtMs = new Map<number, number>()

  get size(): number {
    return this.#notes.size
  }

  get(id: number): Note | undefined {
    return this.#notes.get(id)
  }

  put(id: number, note: Note): void {
    this.#notes.set(id, note)
  }

  /** Takes out at most `limit` notes that are due, in order of their ids. */
  take(nowMs: number, limit: number, all: boolean): [number, Note][] {
    for (const [id, writtenAtMs] of this.#writtenAtMs)
      if (nowMs - writtenAtMs >= WRITE_EVERY_MS) this.#writtenAtMs.delete(id)
    const taken: [number, Note][] = []
    for (const [id, note] of this.#notes) {
      if (taken.length === limit) break
      if (all || !this.#writtenAtMs.has(id)) taken.push([id, note])
    }
    for (const [id] of taken) {
      this.#notes.delete(id)
      this.#writtenAtMs.set(id, nowMs)
    }
    return taken.sort(([a], [b]) => a - b)
  }
}

/** Everything that one process has noted for one database. */
export class PendingUses {
  readonly users = new Notebook<Date>()
  readonly sessions = new Notebook<SessionUse>()
  readonly keys = new Notebook<KeyUse>()
  /** Set while somebody will look whether something is due. */
  timer: NodeJS.Timeout | null = null
  /** What is being written just now; one writer at a time. */
  writing: Promise<void> = Promise.resolve()
  /** After a failure: not before then (performance.now()). */
  notBeforeMs = 0

  isEmpty(): boolean {
    return this.users.size + this.sessions.size + this.keys.size === 0
  }

  /** Puts a batch back that could not be written, beside what came meanwhile. */
  putBack(batch: UseBatch): void {
    for (const [id, at] of batch.users) if (!this.users.get(id)) this.users.put(id, at)
    for (const [id, use] of batch.sessions) if (!this.sessions.get(id)) this.sessions.put(id, use)
    for (const [id, use] of batch.keys) {
      const newer = this.keys.get(id)
      for (const [day, count] of newer?.days ?? []) use.days.set(day, (use.days.get(day) ?? 0) + count)
      this.keys.put(id, { ...use, ...(newer && { at: newer.at, address: newer.address }), days: use.days })
    }
  }
}

/** What is written in one transaction. */
export interface UseBatch {
  users: [number, Date][]
  sessions: [number, SessionUse][]
  keys: [number, KeyUse][]
}

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const PENDING = Symbol.for('bennu.auth.pendingUses')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, PendingUses> | undefined>

/** What this process has noted for this database. */
export function pendingUses(db: Database): PendingUses {
  holder[PENDING] ??= new WeakMap()
  let pending = holder[PENDING].get(db)
  if (!pending) {
    pending = new PendingUses()
    holder[PENDING].set(db, pending)
  }
  return pending
}
