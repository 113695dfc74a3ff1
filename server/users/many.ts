/** Many accounts in one statement, for whoever asks for them by the dozen. */
import { inArray } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import { cutToWindow, type Slice, type Window, windowClauses } from '#server/db/windows'
import type { User } from '#server/users/find'

type World = Pick<RecordCtx, 'db'>

/** The accounts with these row ids, by id. */
export async function findUsers({ db }: World, ids: readonly number[]): Promise<Map<number, User>> {
  const { users } = db.t
  const rows = await db.read
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

/** A window of all accounts, newest first, the system account included. */
export async function listUserWindow({ db }: World, window: Window): Promise<Slice<User>> {
  const { users } = db.t
  const { where, orderBy } = windowClauses({ sort: users.id, id: users.id, descending: true }, window)
  const rows = await db.read
    .select()
    .from(users)
    .where(where)
    .orderBy(...orderBy)
    .limit(window.limit + 1)
  return cutToWindow(rows, window)
}
