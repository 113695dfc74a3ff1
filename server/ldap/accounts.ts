/** Which account is that of a person in the directory. Only accounts of the directory are looked at. */
import { and, eq, sql } from 'drizzle-orm'
import type { LdapConfig } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import type { Person } from '#server/ldap/person'
import type { User } from '#server/users/find'
import type { Found } from '#server/users/outside-model'

type Known = Pick<Person, 'email' | 'uniqueId'>

/**
 * The account of a person: by the unique id where the directory has one, else by the address. An account that is known by
 * its address alone takes the id over; one with another id belongs to somebody who had the address before.
 */
export async function findDirectoryAccount(
  queries: Queries,
  db: Database,
  { attributes, allowSignUp }: Pick<LdapConfig, 'attributes' | 'allowSignUp'>,
  { email, uniqueId }: Known,
): Promise<Found> {
  const byId = uniqueId === null ? null : await findOne(queries, db, eq(db.t.users.ldapUniqueId, uniqueId))
  if (byId) return { user: byId }
  const byEmail =
    email === null ? null : await findOne(queries, db, eq(sql`lower(${db.t.users.email})`, email))
  if (!byEmail) return allowSignUp ? 'create' : { refused: 'sign-up-closed' }
  const stored = byEmail.ldapUniqueId
  const isOther = attributes.uniqueId !== null && stored !== null && stored.toLowerCase() !== uniqueId
  return isOther ? { refused: 'other-identity', userId: byEmail.id } : { user: byEmail }
}

async function findOne(
  queries: Queries,
  db: Database,
  condition: ReturnType<typeof eq>,
): Promise<User | null> {
  const { users } = db.t
  const [user] = await queries
    .select()
    .from(users)
    .where(and(condition, eq(users.authMethod, 'LDAP')))
    .limit(1)
  return user ?? null
}
