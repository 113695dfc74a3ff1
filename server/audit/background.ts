/**
 * Records failures behind the back of the request that failed: nobody waits, and no answer takes longer or fails for it.
 * What cannot be recorded is said in the log.
 */
import { type FloodOptions, recordFailure, settleFloods } from '#server/audit/flood'
import type { AuditEvent, RecordCtx } from '#server/audit/record'
import type { Database } from '#server/db/database'

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const WRITING = Symbol.for('bennu.audit.background')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Set<Promise<void>>> | undefined>

function writingOf(db: Database): Set<Promise<void>> {
  holder[WRITING] ??= new WeakMap()
  const writing = holder[WRITING].get(db) ?? new Set()
  holder[WRITING].set(db, writing)
  return writing
}

/** Puts a failure that changed nothing on record, by itself or as one of many, without anybody waiting for it. */
export function recordInBackground(
  ctx: RecordCtx,
  event: Omit<AuditEvent, 'outcome'>,
  options?: FloodOptions,
): void {
  const writing = writingOf(ctx.db)
  const { action, reason } = event
  const written = recordFailure(ctx, event, options)
    .catch((err: unknown) => ctx.log.error({ err, action, reason }, 'a failure could not be recorded'))
    .finally(() => writing.delete(written))
  writing.add(written)
}

/** Waits for what is being written in the background. */
export async function settleBackground(db: Database): Promise<void> {
  await Promise.all(writingOf(db))
}

/** Writes all that is noted and not yet on record: call it before the database is closed. */
export async function settleNoted(db: Database): Promise<void> {
  await settleBackground(db)
  await settleFloods(db)
}
