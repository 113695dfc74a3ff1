import { hashToken } from '#server/auth/tokens'
import type { Role } from '#server/permissions'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import type { World } from './server'

const DAY = 86_400_000
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'

/** A name that no other test has. */
export const unique = (word: string) => `${word}-${Date.now().toString(36)}`

/** Somebody with two sessions, one at a desk and one on a telephone. */
export async function insertPerson(world: World, username: string, role: Role = 'MEMBER'): Promise<User> {
  const email = `${username.toLowerCase().replaceAll(' ', '.')}@example.com`
  const user = await createAccount(world, { username, email, role })
  await createSession(world, user, { userAgent: FIREFOX, address: '192.0.2.7' })
  await createSession(world, user, { userAgent: PHONE, address: '2001:db8::17' })
  return user
}

/** Accounts of every kind that the list can show: new, disabled, of a provider, of a directory, with long names. */
export async function insertPeople(world: World, longName: string): Promise<void> {
  const ago = (days: number) => new Date(Date.now() - days * DAY)
  await createAccount(world, {
    username: longName,
    email: `${longName.slice(0, 60)}@example.com`,
    authMethod: 'LDAP',
  })
  await createAccount(world, {
    username: 'grace.hopper',
    email: 'grace@example.com',
    role: 'VIEWER',
    authMethod: 'OAUTH2',
    createdAt: ago(40),
    lastSeenAt: ago(3),
  })
  await createAccount(world, {
    username: 'left last spring',
    email: 'left@example.com',
    createdAt: ago(400),
    disabledAt: ago(30),
    disabledReason: 'left the company',
  })
  await createAccount(world, { username: 'newcomer', resetPassword: true, createdAt: ago(0.01) })
  await insertPerson(world, 'Ada Lovelace')
}

/** Many plain accounts, without passwords of their own: for paging. */
export async function insertCrowd(world: World, word: string, count: number): Promise<void> {
  const { users } = world.db.t
  const now = new Date()
  const rows = Array.from({ length: count }, (_, n) => ({
    username: `${word} ${String(n + 1).padStart(3, '0')}`,
    email: `${word}.${n + 1}@example.com`,
    role: 'VIEWER' as const,
    authMethod: 'OAUTH2' as const,
    createdAt: now,
    updatedAt: now,
  }))
  await world.db.write((tx) => tx.insert(users).values(rows))
}

/** A person's key that was used on every one of the last days, today the most. */
export async function insertUsedKey(world: World, owner: User, name: string): Promise<void> {
  const { apiKeys, apiKeyUsage } = world.db.t
  const today = Math.floor(Date.now() / DAY)
  await world.db.write(async (tx) => {
    const [key] = await tx
      .insert(apiKeys)
      .values({
        userId: owner.id,
        createdBy: owner.id,
        name,
        tokenHash: hashToken(name),
        lastFour: 'aB3x',
        createdAt: new Date(Date.now() - 60 * DAY),
        lastUsedAt: new Date(Date.now() - 4_000),
        lastUsedAddress: '192.0.2.7',
      })
      .returning({ id: apiKeys.id })
    const keyId = (key as { id: number }).id
    const rows = Array.from({ length: 10 }, (_, ago) => ({ keyId, day: today - ago, count: 100 - ago * 10 }))
    await tx.insert(apiKeyUsage).values(rows)
  })
}
