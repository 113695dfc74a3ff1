/** Removes counts that are over. Harmless wherever and however often it runs. */
import { inArray, lte } from 'drizzle-orm'
import type { Database } from '#server/db/database'
import { REMOVAL_BATCH, removeInBatches } from '#server/db/remove-in-batches'

interface SweepWorld {
  db: Database
  clock: () => Date
}

/** Removes what is kept of clients and names that have not come for a while; returns how many rows. */
export async function sweepLimits(world: SweepWorld): Promise<number> {
  return (
    (await removeInBatches(() => removeRates(world))) + (await removeInBatches(() => removeLockouts(world)))
  )
}

async function removeRates({ db, clock }: SweepWorld): Promise<number> {
  const { rateLimits: t } = db.t
  const rows = await db.write((tx) => {
    const over = tx.select({ key: t.key }).from(t).where(lte(t.expiresAt, clock())).limit(REMOVAL_BATCH)
    return tx.delete(t).where(inArray(t.key, over)).returning({ key: t.key })
  })
  return rows.length
}

async function removeLockouts({ db, clock }: SweepWorld): Promise<number> {
  const { lockouts: t } = db.t
  const rows = await db.write((tx) => {
    const over = tx
      .select({ key: t.nameDigest })
      .from(t)
      .where(lte(t.expiresAt, clock()))
      .limit(REMOVAL_BATCH)
    return tx.delete(t).where(inArray(t.nameDigest, over)).returning({ key: t.nameDigest })
  })
  return rows.length
}
