/** One principal of every kind on a test database, each with the headers that make a request theirs. */
import { eq } from 'drizzle-orm'
import { hashToken, signToken } from '#server/auth/tokens'
import { ROLES, type Role, SCOPES, type Scope } from '#server/permissions'
import { createAccount, sessionCookies } from './accounts'
import { TEST_SECRET, type TestRuntime } from './runtime'

/** `session ADMIN`, `user key VIEWER read`, `system key MEMBER full`, `admin secret`, `anonymous`. */
export type PrincipalName =
  | `session ${Role}`
  | `user key ${Role} ${Scope}`
  | `system key ${Role} ${Scope}`
  | 'admin secret'
  | 'anonymous'

export interface Principal {
  headers: Record<string, string>
  /** Null for principals that are nobody's account. */
  userId: number | null
  keyId: number | null
}

export type Principals = Record<PrincipalName, Principal>

/** Create the runtime with `config: { auth: { adminSecret: TEST_ADMIN_SECRET } }` for the admin secret to work. */
export const TEST_ADMIN_SECRET = 'test-admin-secret-0123456789-abcdefg'

/** The id of the system user, a built-in row. */
export const SYSTEM_USER_ID = 1

/** Makes an account per role with a session and a key per scope, and a system key per role and scope. */
export async function createPrincipals(runtime: TestRuntime): Promise<Principals> {
  const principals: Partial<Principals> = {
    'admin secret': { headers: bearer(TEST_ADMIN_SECRET), userId: SYSTEM_USER_ID, keyId: null },
    anonymous: { headers: {}, userId: null, keyId: null },
  }
  for (const role of ROLES) {
    const userId = await createUser(runtime, role)
    principals[`session ${role}`] = await signIn(runtime, userId)
    for (const scope of SCOPES) {
      principals[`user key ${role} ${scope}`] = await createKey(runtime, { userId, scope, role: null })
      principals[`system key ${role} ${scope}`] = await createKey(runtime, {
        userId: SYSTEM_USER_ID,
        scope,
        role,
      })
    }
  }
  return principals as Principals
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** An account whose name and address follow from `name`. */
export async function createUser(
  runtime: TestRuntime,
  role: Role,
  name = role.toLowerCase(),
): Promise<number> {
  const columns = { role, username: `${name} person`, email: `${name}@example.com` }
  return (await createAccount(runtime, columns)).id
}

async function signIn(runtime: TestRuntime, userId: number): Promise<Principal> {
  return { headers: { cookie: await sessionCookies(runtime, { id: userId }) }, userId, keyId: null }
}

/** A key that never expires, as a bearer. A key of the system user is a system key. */
export async function createKey(
  { db }: Pick<TestRuntime, 'db'>,
  key: { userId: number; scope: Scope; role: Role | null },
): Promise<Principal & { keyId: number }> {
  const { apiKeys } = db.t
  const values = { ...key, name: 'test key', createdAt: new Date() }
  return db.write(async (tx) => {
    const [row] = await tx.insert(apiKeys).values(values).returning({ id: apiKeys.id })
    const { id } = row as { id: number }
    const text = signToken('ApiKey', id, TEST_SECRET)
    await tx
      .update(apiKeys)
      .set({ tokenHash: hashToken(text), lastFour: text.slice(-4) })
      .where(eq(apiKeys.id, id))
    return { headers: bearer(text), userId: key.userId, keyId: id }
  })
}
