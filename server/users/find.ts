/** Finding accounts. */
import { asc, eq, sql } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import type { Tables } from '#server/db/schema'

/** An account as stored. */
export type User = Tables['users']['$inferSelect']

/** An address as it is compared everywhere: trimmed, small letters, nothing that a database cannot hold. */
export function sanitizeEmail(email: string): string {
  return email
    .trim()
    .toLowerCase()
    .replace(/\0|\p{Surrogate}/gu, '\uFFFD')
}

/** The account with this sanitised address; rows with capitals, from an import or from SQL, match as well. */
export async function findUserByEmail(queries: Queries, db: Database, email: string): Promise<User | null> {
  const { users } = db.t
  const [user] = await queries
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, email))
    .orderBy(asc(users.id))
    .limit(1)
  return user ?? null
}

/** The account with this row id. */
export async function findUser(queries: Queries, db: Database, id: number): Promise<User | null> {
  const { users } = db.t
  const [user] = await queries.select().from(users).where(eq(users.id, id))
  return user ?? null
}
