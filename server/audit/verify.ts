/** Reads the audit log from its first entry to its head and says whether it is the one that was written. */
import { asc, gt, max } from 'drizzle-orm'
import { HEAD, type StoredKey } from '#server/audit/chain'
import { entryHash, GENESIS_HASH, personalDigest } from '#server/audit/entry'
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

export type ChainReport =
  | {
      ok: true
      count: number
      hash: string
      /** Entries whose personal data have been blanked. */
      erased: number
      /** Stretches under a key that no given secret opens: their order is proven, their content is not. */
      unreadable: { from: number; to: number }[]
    }
  | { ok: false; fault: ChainFault; at: number }

/** Opens the key of a stretch; null when it cannot be opened. `openChainKey` with a Config bound. */
export type KeyOpener = (stored: StoredKey) => Promise<Buffer | null>

/** Entries read at a time. */
const PAGE_SIZE = 1000

type Entry = Database['t']['auditEvents']['$inferSelect']
type Stretch = { to: number; hash: string; key: Buffer | null }

/**
 * Verifies the chain, a page of entries at a time; the server may go on writing meanwhile. A tail that was cut
 * together with a rewound head looks whole from inside: compare `count` and `hash` with a head noted elsewhere.
 */
export async function verifyChain(
  db: Database,
  openKey: KeyOpener,
  pageSize = PAGE_SIZE,
): Promise<ChainReport> {
  const { auditEvents } = db.t
  // The last id before the head: an append between the two then looks like no fault.
  const [last] = await db.read.select({ id: max(auditEvents.id) }).from(auditEvents)
  const stretches = await readStretches(db, openKey)
  const head = stretches.at(-1)
  if (!head) return { ok: false, fault: 'head', at: last?.id ?? 0 }
  if ((last?.id ?? 0) > head.to) return { ok: false, fault: 'beyond-head', at: head.to + 1 }
  return walk(readEntries(db, head.to, pageSize), stretches, head)
}

async function walk(
  entries: AsyncIterable<Entry>,
  stretches: Stretch[],
  head: Stretch,
): Promise<ChainReport> {
  let hash = GENESIS_HASH
  let id = 0
  let erased = 0
  let current = 0
  for await (const entry of entries) {
    const stretch = stretches[current]
    if (entry.id !== ++id || !stretch) return { ok: false, fault: 'missing', at: id }
    const fault = faultOf(entry, hash, stretch.key)
    if (fault) return { ok: false, fault, at: id }
    if (entry.personalSalt === null) erased++
    hash = entry.hash
    while (current < stretches.length - 1 && stretches[current]?.to === id) {
      if (stretches[current]?.hash !== hash) return { ok: false, fault: 'head', at: id }
      current++
    }
  }
  if (id !== head.to) return { ok: false, fault: 'missing', at: id + 1 }
  if (hash !== head.hash) return { ok: false, fault: 'head', at: id }
  return { ok: true, count: id, hash, erased, unreadable: unreadableOf(stretches) }
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
  const stretches: Stretch[] = []
  for (const row of [...closed, head])
    stretches.push({ to: row.count, hash: row.hash, key: await openKey(row) })
  return stretches.filter((stretch, at) => at === closed.length || stretch.to > 0)
}

async function* readEntries(db: Database, upTo: number, pageSize: number): AsyncGenerator<Entry> {
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
  }
}

function unreadableOf(stretches: Stretch[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  let from = 1
  for (const stretch of stretches) {
    if (!stretch.key && stretch.to >= from) found.push({ from, to: stretch.to })
    from = stretch.to + 1
  }
  return found
}
