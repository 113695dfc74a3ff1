/** The adapter of Auth.js on our tables: it finds and links the accounts of people at providers. */
import type { Adapter } from '@auth/core/adapters'
import { DrizzleAdapter } from '@auth/drizzle-adapter'
import type { Database, Queries } from '#server/db/database'
import type { User } from '#server/users/find'

/** Who somebody is at a provider. */
export interface OutsideIdentity {
  clientId: string
  subject: string
}

// Its types ask for text ids and for one engine's builders; at run time it takes ours of either engine.
function adapterOn(queries: Queries, { t }: Pick<Database, 't'>): Required<Adapter> {
  const tables = { usersTable: t.users, accountsTable: t.linkedAccounts } as never
  return DrizzleAdapter(queries as never, tables) as Required<Adapter>
}

/** The account that is linked to an identity, or null. */
export async function findLinkedUser(
  queries: Queries,
  db: Pick<Database, 't'>,
  { clientId, subject }: OutsideIdentity,
): Promise<User | null> {
  const found = await adapterOn(queries, db).getUserByAccount({
    provider: clientId,
    providerAccountId: subject,
  })
  return found as unknown as User | null
}

/** Links an account to an identity, inside a transaction. */
export async function linkUser(
  tx: Queries,
  db: Pick<Database, 't'>,
  { clientId, subject }: OutsideIdentity,
  rest: { userId: number; issuer: string; providerName: string; createdAt: Date },
): Promise<void> {
  const link = { provider: clientId, providerAccountId: subject, type: 'oidc', ...rest }
  await adapterOn(tx, db).linkAccount(link as never)
}

/**
 * What Auth.js itself may ask of it after we have let somebody in: who is linked to the identity. It makes nobody:
 * accounts are made with their session and their record, in one transaction. Auth.js knows providers by name, our links
 * by client id.
 */
export function authJsAdapter(db: Database, clientId: string): Adapter {
  return {
    getUserByAccount: ({ providerAccountId }) =>
      adapterOn(db.read, db).getUserByAccount({ provider: clientId, providerAccountId }),
    createUser: () => Promise.reject(new Error('Auth.js makes no accounts here')),
    linkAccount: (): Promise<void> => Promise.reject(new Error('Auth.js links no accounts here')),
  }
}
