import { eq } from 'drizzle-orm'
import type { World } from './server'

const DAY = 86_400_000

/** System keys of every kind that a list can show: near its end, expired, long unused, with a name of 200 characters. */
export async function insertApiKeys(world: World, longName: string): Promise<void> {
  const { apiKeys, users } = world.db.t
  const now = Date.now()
  const ago = (days: number) => new Date(now - days * DAY)
  await world.db.write(async (tx) => {
    const [system] = await tx.select({ id: users.id }).from(users).where(eq(users.role, 'SYSTEM'))
    const [admin] = await tx.select({ id: users.id }).from(users).where(eq(users.role, 'ADMIN')).limit(1)
    const userId = (system as { id: number }).id
    const base = {
      userId,
      createdBy: admin?.id ?? null,
      createdAt: ago(200),
      scope: 'full' as const,
      role: 'MEMBER' as const,
    }
    await tx.insert(apiKeys).values([
      { ...base, name: longName, tokenHash: 'hash-1', lastFour: 'Aa1b', lastUsedAt: ago(1), createdBy: null },
      { ...base, name: 'old-poc', tokenHash: 'hash-2', lastFour: '0Pqe', lastUsedAt: ago(91) },
      {
        ...base,
        name: 'terraform',
        tokenHash: 'hash-3',
        lastFour: '9sLa',
        role: 'ADMIN',
        lastUsedAt: ago(3),
        expiresAt: ago(-150),
      },
      {
        ...base,
        name: 'last-year',
        tokenHash: 'hash-4',
        lastFour: '77xy',
        lastUsedAt: ago(30),
        expiresAt: ago(2),
      },
      {
        ...base,
        name: 'support-agent',
        tokenHash: 'hash-5',
        lastFour: '1ZkP',
        scope: 'ingest',
        lastUsedAt: new Date(now - 12_000),
        expiresAt: ago(-12),
      },
    ])
  })
}
