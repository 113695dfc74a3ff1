/**
 * The head of the audit chain, said aloud. The chain shows what was changed inside it, not that its tail was cut off:
 * for that, its length and newest hash must stand somewhere else too, in the log and in the metrics.
 */
import { eq } from 'drizzle-orm'
import type { Logger } from 'pino'
import { HEAD } from '#server/audit/chain'
import type { Database } from '#server/db/database'
import { authLogger } from '#server/log'

const EVERY_MS = 60_000

export interface AuditHead {
  /** Entries in the chain. */
  count: number
  /** Hash of the newest, hexadecimal. */
  hash: string
}

/** The present head, or null before the chain is made. */
export async function readAuditHead(db: Database): Promise<AuditHead | null> {
  const { auditChain } = db.t
  const [head] = await db.read
    .select({ count: auditChain.count, hash: auditChain.hash })
    .from(auditChain)
    .where(eq(auditChain.id, HEAD))
  return head ?? null
}

export interface AuditHeadWatch {
  /** The head as it was last read. */
  latest(): AuditHead | null
  stop(): void
}

/** Reads the head now and each minute, and writes it to the log each minute. A database that is away is asked again. */
export function watchAuditHead(world: { db: Database; log: Logger }, everyMs = EVERY_MS): AuditHeadWatch {
  let latest: AuditHead | null = null
  const read = async () => {
    latest = await readAuditHead(world.db).catch(() => null)
    return latest
  }
  const tell = async () => {
    const head = await read()
    if (head) authLogger(world.log).info(head, 'head of the audit chain')
  }
  void read()
  const timer = setInterval(() => void tell(), everyMs)
  timer.unref()
  return { latest: () => latest, stop: () => clearInterval(timer) }
}
