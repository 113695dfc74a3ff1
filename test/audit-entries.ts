/** Many entries of the audit log at once, without their chain: for questions and figures, not for verifying. */
import type { Database } from '#server/db/database'

const BATCH = 1000

export interface ManyEntries {
  count: number
  /** When the newest happened; each is a second after the one before. */
  end: Date
}

type Row = Database['t']['auditEvents']['$inferInsert']

/**
 * Entries 1 to `count`. Most are renewals of 500 people at 2,000 addresses; every 7th is a sign-in, every 11th of them
 * in vain; every 50,000th a change of a role on the command line.
 */
export async function insertAuditEntries(db: Database, { count, end }: ManyEntries): Promise<void> {
  const { auditEvents, auditChain } = db.t
  for (let from = 1; from <= count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from + 1) }, (_, n) =>
      entryOf(from + n, new Date(end.getTime() - (count - from - n) * 1000)),
    )
    await db.write((tx) => tx.insert(auditEvents).values(rows))
  }
  const head = { id: 1, chainKey: '', keyEncrypted: false, count, hash: 'h' }
  await db.write((tx) =>
    tx.insert(auditChain).values(head).onConflictDoUpdate({ target: auditChain.id, set: { count } }),
  )
}

function entryOf(id: number, at: Date): Row {
  const user = 1 + (id % 500)
  const common = {
    id,
    at,
    actorUserId: user,
    actorName: `person ${user}`,
    address: `10.0.${id % 8}.${id % 250}`,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
    target: `User:${user}`,
    targetName: `person ${user}`,
    details: '{"method":"LOCAL"}',
    personalSalt: '0123456789abcdef0123456789abcdef',
    personalDigest: 'd'.repeat(64),
    hash: 'e'.repeat(64),
    actorKind: 'session',
  } satisfies Partial<Row>
  if (id % 50_000 === 0)
    return { ...common, action: 'user.changeRole', outcome: 'success', actorKind: 'commandLine' }
  if (id % 77 === 0)
    return { ...common, action: 'session.login', outcome: 'failure', reason: 'wrong-password' }
  if (id % 7 === 0) return { ...common, action: 'session.login', outcome: 'success' }
  return { ...common, action: 'session.refresh', outcome: 'success' }
}
