/** Which names and addresses an account may have. Asked wherever one is made or renamed. */
import { and, eq, ne, or, sql } from 'drizzle-orm'
import { isDefaultAdmin, isReservedName } from '#server/accounts'
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { findBlocked, type Identity } from '#server/users/blocked'

type World = Pick<RecordCtx, 'db' | 'config'>

/** The refusals of an identity, by their `x-error-code`. */
const SENTENCES = {
  name_reserved: 'This name belongs to a built-in account',
  name_taken: 'Another account has this name',
  name_blocked: 'This name was blocked when its account was deleted: an admin can lift that',
  email_taken: 'Another account has this e-mail address',
  email_blocked: 'This e-mail address was blocked when its account was deleted: an admin can lift that',
} as const
export type IdentityFault = keyof typeof SENTENCES

/**
 * What stands against an account of this name and address; null when nothing does. A database of two servers may still
 * refuse the row: its unique indexes have the last word.
 * @param identity what is new about the account: null for what it has already; the address in small letters
 * @param own the account that changes, or null for a new one
 */
export async function identityFault(
  queries: Queries,
  world: World,
  identity: Identity,
  own: { id: number; email: string | null } | null = null,
): Promise<IdentityFault | null> {
  const { email, username } = identity
  if (email === null && username === null) return null
  const { users } = world.db.t
  const rows = await queries
    .select({ username: users.username })
    .from(users)
    .where(
      and(
        own ? ne(users.id, own.id) : undefined,
        or(
          username === null ? undefined : eq(users.username, username),
          email === null ? undefined : eq(sql`lower(${users.email})`, email),
        ),
      ),
    )
  if (rows.length > 0) return rows.some((row) => row.username === username) ? 'name_taken' : 'email_taken'
  const mayHaveReserved = own !== null && isDefaultAdmin(own)
  if (username !== null && isReservedName(username) && !mayHaveReserved) return 'name_reserved'
  const blocked = await findBlocked(queries, world, identity)
  if (blocked === null) return null
  return blocked === 'email' ? 'email_blocked' : 'name_blocked'
}

/** @throws AppError conflict (409) when the fault is one */
export function throwIdentityFault(fault: IdentityFault | null): void {
  if (fault) throw new AppError('conflict', SENTENCES[fault], { code: fault })
}
