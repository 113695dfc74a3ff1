/**
 * Notes when credentials and people were last seen, and counts the requests of keys. A note costs the request a look
 * into a map; what has been noted is written in the background, in batches, at most once a minute for each session, key
 * and person, and once more when the process ends. Several processes add to the same counts.
 */
import { pendingUses } from '#server/auth/pending-uses'
import { writeUses } from '#server/auth/write-uses'
import type { Database } from '#server/db/database'

/** What a note needs; a Runtime and a Ctx both fit. */
export interface NoteWorld {
  db: Database
  clock: () => Date
}

const DAY_MS = 86_400_000
/** How often it is looked whether something is due, while something is. */
const LOOK_EVERY_MS = 500

/** A request of a session. */
export function noteSessionUse(
  world: NoteWorld,
  use: { userId: number; sessionId: number; address: string | null },
): void {
  const { users, sessions } = pendingUses(world.db)
  const at = world.clock()
  users.put(use.userId, at)
  sessions.put(use.sessionId, { at, address: use.address })
  schedule(world.db)
}

/** A request of a key. `ownerId` is the person who owns it, null for system keys. */
export function noteKeyUse(
  world: NoteWorld,
  use: { ownerId: number | null; keyId: number; address: string | null },
): void {
  const { users, keys } = pendingUses(world.db)
  const at = world.clock()
  if (use.ownerId !== null) users.put(use.ownerId, at)
  const noted = keys.get(use.keyId)
  const days = noted?.days ?? new Map<number, number>()
  const day = Math.floor(at.getTime() / DAY_MS)
  days.set(day, (days.get(day) ?? 0) + 1)
  keys.put(use.keyId, { at, address: use.address ?? noted?.address ?? null, days })
  schedule(world.db)
}

function schedule(db: Database): void {
  const pending = pendingUses(db)
  if (pending.timer) return
  pending.timer = setTimeout(() => {
    pending.timer = null
    void writeUses(db).then(() => {
      if (!pending.isEmpty()) schedule(db)
    })
  }, LOOK_EVERY_MS).unref()
}

/** Writes everything that is noted, due or not: call it before the database is closed. Never throws. */
export async function settleUses(db: Database): Promise<void> {
  await writeUses(db, true)
}
