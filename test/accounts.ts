/** Accounts and sessions for tests: made as rows, signed in without a password. */
import { ACCESS_COOKIE, REFRESH_COOKIE } from '#server/auth/cookies'
import { hashPassword } from '#server/auth/password'
import {
  issueSession,
  lockUser,
  type Session,
  type SessionWorld,
  type SignInFacts,
} from '#server/auth/sessions'
import type { Tables } from '#server/db/schema'
import type { User } from '#server/users/find'

/** The password of every account made here. */
export const TEST_PASSWORD = 'a fine test password 1'

let passwordHash: Promise<Buffer> | undefined
let counter = 0

type NewUser = Partial<Tables['users']['$inferInsert']>

/** An account that may sign in with TEST_PASSWORD; a MEMBER with a made-up name unless `columns` say otherwise. */
export async function createAccount(world: SessionWorld, columns: NewUser = {}): Promise<User> {
  passwordHash ??= hashPassword(TEST_PASSWORD)
  counter += 1
  const role = columns.role ?? 'MEMBER'
  const username = columns.username ?? `${role.toLowerCase()}-${counter}`
  const isLocal = (columns.authMethod ?? 'LOCAL') === 'LOCAL'
  const row = {
    username,
    email: `${username}@example.com`,
    role,
    authMethod: 'LOCAL' as const,
    passwordHash: isLocal ? await passwordHash : null,
    createdAt: world.clock(),
    updatedAt: world.clock(),
    ...columns,
  }
  const [user] = await world.db.write((tx) => tx.insert(world.db.t.users).values(row).returning())
  if (!user) throw new Error('The account was not made')
  return user
}

/** A session of an account, as signing in would make it; by password and from nowhere unless `facts` say otherwise. */
export function createSession(
  world: SessionWorld,
  user: { id: number },
  facts: Partial<SignInFacts> = {},
): Promise<Session> {
  return world.db.write(async (tx) => {
    await lockUser(tx, world.db, user.id)
    return issueSession(tx, world, user.id, { method: 'LOCAL', address: null, userAgent: null, ...facts })
  })
}

/** The Cookie header of a browser in which this account has just signed in. */
export async function sessionCookies(world: SessionWorld, user: { id: number }): Promise<string> {
  return cookieHeader(await createSession(world, user))
}

/** The Cookie header that carries a session. */
export function cookieHeader(session: { accessToken: string; refreshToken: string }): string {
  return `${ACCESS_COOKIE}=${session.accessToken}; ${REFRESH_COOKIE}=${session.refreshToken}`
}
