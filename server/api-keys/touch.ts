/** Notes when a key was last used. */
import { and, eq, isNull, lte, or } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { Database } from '#server/db/database'

const EVERY_MS = 60_000
/** Past so many keys the notes of the last minute's use are tidied. */
const TIDY_AT = 10_000

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const NOTED = Symbol.for('bennu.api-keys.touched')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Map<number, number>> | undefined>

function notedFor(db: Database): Map<number, number> {
  holder[NOTED] ??= new WeakMap()
  let noted = holder[NOTED].get(db)
  if (!noted) {
    noted = new Map()
    holder[NOTED].set(db, noted)
  }
  return noted
}

/**
 * Writes the time into the key's row, at most once a minute per key, in a transaction of its own. Fire and forget:
 * it never rejects, and nobody who stores spans waits for it. Other processes are held to the same minute by the
 * statement itself.
 */
export async function touchKey(
  world: { db: Database; clock: () => Date; log?: Logger },
  keyId: number,
): Promise<void> {
  const now = world.clock()
  const noted = notedFor(world.db)
  if (now.getTime() - (noted.get(keyId) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return
  noted.set(keyId, now.getTime())
  if (noted.size > TIDY_AT) tidy(noted, now.getTime())
  const { apiKeys } = world.db.t
  const due = or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, new Date(now.getTime() - EVERY_MS)))
  try {
    await world.db.write((tx) =>
      tx
        .update(apiKeys)
        .set({ lastUsedAt: now })
        .where(and(eq(apiKeys.id, keyId), due)),
    )
  } catch (err) {
    world.log?.debug({ err, keyId }, 'the last use of a key was not noted')
  }
}

function tidy(noted: Map<number, number>, nowMs: number): void {
  for (const [keyId, at] of noted) if (nowMs - at >= EVERY_MS) noted.delete(keyId)
}
