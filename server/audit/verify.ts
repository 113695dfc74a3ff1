/** Reads the audit log from its first entry to its head and says whether it is the one that was written. */
import { asc, gt, max } from 'drizzle-orm'
import { HEAD, type StoredKey } from '#server/audit/chain'
import { entryHash, GENESIS_HASH, personalDigest } from '#server/audit/entry'
import type { AuditHead } from '#server/audit/head'
import type { Database } from '#server/db/database'

/** How a chain can be wrong, at the first entry where it is. */
export type ChainFault =
  /** An entry, or the hash of the one before it, is not what was written; or two changed places. */
  | 'changed'
  /** The names or addresses of an entry are not what was written. */
  | 'personal-data-changed'
  /** An entry is not there, in the middle or at the end. */
  | 'missing'
  /** Entries beyond the head. */
  | 'beyond-head'
  /** The head does not match the last entry, or is gone. */
  | 'head'
  /** Fewer entries than there were once: the tail is cut off. */
  | 'cut'
  /** The entry that was the newest once is another one now: the log was written anew. */
  | 'rewritten'
  /** The present key lies in clear although there is a PHOENIX_SECRET: whoever can write to the database may have put it there. */
  | 'open-key'

/** Entries by number, both ends included. */
export interface EntryRange {
  from: number
  to: number
}

export type ChainReport =
  | {
      ok: true
      count: number
      hash: string
      /** Entries whose personal data have been blanked. */
      erased: number
      /** Stretches under a key that no given secret opens: their order is proven, their content is not. */
      unreadable: EntryRange[]
      /** Earlier stretches whose key lies in clear: who could write to the database could have written them. */
      unproven: EntryRange[]
    }
  | { ok: false; fault: ChainFault; at: number }

/** Opens the key of a stretch; null when it cannot be opened. `openChainKey` with a Config bound. */
export type KeyOpener = (stored: StoredKey) => Promise<Buffer | null>

export interface VerifyOptions {
  /** Entries read at a time. */
  pageSize?: number
  /** The length and the newest hash at an earlier time, as the log or the metrics told them. */
  noted?: AuditHead | null
  /** Whether a present key in clear is a fault: where there is a PHOENIX_SECRET, the start of a server replaces it. */
  keyMustBeWrapped?: boolean
  /** Told after each page. */
  onProgress?: (done: number, total: number) => void
}

const PAGE_SIZE = 1000

type Entry = Database['t']['auditEvents']['$inferSelect']
type Stretch = { from: number; to: number; hash: string; key: Buffer | null; isWrapped: boolean }

/**
 * Verifies the chain, a page of entries at a time; the server may go on writing meanwhile. A tail that was cut
 * together with a rewound head looks whole from inside: pass a head that was noted elsewhere.
 */
export async function verifyChain(
  db: Database,
  openKey: KeyOpener,
  options: VerifyOptions = {},
): Promise<ChainReport> {
  const { auditEvents } = db.t
  const { pageSize = PAGE_SIZE, noted = null, keyMustBeWrapped = false, onProgress } = options
  // The last id before the head: an append between the two then looks like no fault.
  const [last] = await db.read.select({ id: max(auditEvents.id) }).from(auditEvents)
  const stretches = await readStretches(db, openKey)
  const head = stretches.at(-1)
  if (!head) return { ok: false, fault: 'head', at: last?.id ?? 0 }
  if (keyMustBeWrapped && !head.isWrapped) return { ok: false, fault: 'open-key', at: head.from }
  if ((last?.id ?? 0) > head.to) return { ok: false, fault: 'beyond-head', at: head.to + 1 }
  if (noted && noted.count > head.to) return { ok: false, fault: 'cut', at: head.to + 1 }
  const entries = readEntries(db, head.to, pageSize, onProgress)
  return walk(entries, new Walker(stretches, noted), head)
}

async function walk(entries: AsyncIterable<Entry>, walker: Walker, head: Stretch): Promise<ChainReport> {
  for await (const entry of entries) {
    const fault = walker.step(entry)
    if (fault) return { ok: false, fault, at: walker.id }
  }
  const { id, hash, erased } = walker
  if (id !== head.to) return { ok: false, fault: 'missing', at: id + 1 }
  if (hash !== head.hash) return { ok: false, fault: 'head', at: id }
  const { unreadable, unproven } = walker
  return { ok: true, count: id, hash, erased, unreadable, unproven }
}

/** Goes from entry to entry; what it holds is about the last one it has seen. */
class Walker {
  id = 0
  hash = GENESIS_HASH
  erased = 0
  #current = 0
  readonly #stretches: readonly Stretch[]
  readonly #noted: AuditHead | null

  constructor(stretches: readonly Stretch[], noted: AuditHead | null) {
    this.#stretches = stretches
    this.#noted = noted
  }

  /** What is wrong with the next entry. */
  step(entry: Entry): ChainFault | null {
    const stretch = this.#stretches[this.#current]
    if (entry.id !== ++this.id || !stretch) return 'missing'
    const fault = faultOf(entry, this.hash, stretch.key)
    if (fault) return fault
    if (entry.personalSalt === null) this.erased++
    this.hash = entry.hash
    if (this.#noted?.count === this.id && this.#noted.hash !== this.hash) return 'rewritten'
    return this.#endStretches() ? null : 'head'
  }

  /** Goes on to the next stretch where one ends here; false when its head says another hash. */
  #endStretches(): boolean {
    while (this.#current < this.#stretches.length - 1 && this.#stretches[this.#current]?.to === this.id) {
      if (this.#stretches[this.#current]?.hash !== this.hash) return false
      this.#current++
    }
    return true
  }

  get unreadable(): EntryRange[] {
    return rangesOf(this.#stretches.filter(({ key }) => !key))
  }

  get unproven(): EntryRange[] {
    return rangesOf(this.#stretches.slice(0, -1).filter(({ isWrapped }) => !isWrapped))
  }
}

function rangesOf(stretches: readonly Stretch[]): EntryRange[] {
  return stretches.filter(({ from, to }) => to >= from).map(({ from, to }) => ({ from, to }))
}

function faultOf(entry: Entry, previousHash: string, key: Buffer | null): ChainFault | null {
  if (!key) return null
  if (!hashMatches(entry, previousHash, key)) return 'changed'
  return personalDataMatches(entry, key) ? null : 'personal-data-changed'
}

function hashMatches(entry: Entry, previousHash: string, key: Buffer): boolean {
  try {
    return entryHash(key, previousHash, entry) === entry.hash
  } catch {
    // Details that are no JSON any more, which SQLite would store, are a change like any other.
    return false
  }
}

function personalDataMatches(entry: Entry, key: Buffer): boolean {
  const { actorName, targetName, address, userAgent, personalSalt } = entry
  if (personalSalt === null)
    return [actorName, targetName, address, userAgent].every((value) => value === null)
  return personalDigest(key, personalSalt, entry) === entry.personalDigest
}

/** The stretches of the chain in order, the one that is being written last. Empty without a head. */
async function readStretches(db: Database, openKey: KeyOpener): Promise<Stretch[]> {
  const rows = await db.read.select().from(db.t.auditChain).orderBy(asc(db.t.auditChain.id))
  const [head, ...closed] = rows
  if (head?.id !== HEAD) return []
  const kept = [...closed.filter((row) => row.count > 0), head]
  const stretches: Stretch[] = []
  for (const row of kept) {
    const from = (stretches.at(-1)?.to ?? 0) + 1
    const key = await openKey(row)
    stretches.push({ from, to: row.count, hash: row.hash, key, isWrapped: row.keyEncrypted })
  }
  return stretches
}

async function* readEntries(
  db: Database,
  upTo: number,
  pageSize: number,
  onProgress: VerifyOptions['onProgress'],
): AsyncGenerator<Entry> {
  const { auditEvents } = db.t
  let after = 0
  while (after < upTo) {
    const page = await db.read
      .select()
      .from(auditEvents)
      .where(gt(auditEvents.id, after))
      .orderBy(asc(auditEvents.id))
      .limit(Math.min(pageSize, upTo - after))
    const last = page.at(-1)
    if (!last) return
    yield* page
    after = last.id
    onProgress?.(after, upTo)
  }
}
