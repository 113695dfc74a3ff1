/** Secrets that people leave with this server. */
import type { Palette } from '#server/db/columns.postgres'
import type { defineAccounts } from '#server/db/schema/accounts'

export function defineSecrets(c: Palette, { users }: Pick<ReturnType<typeof defineAccounts>, 'users'>) {
  const secrets = c.table(
    'secrets',
    {
      /** Its name, as an environment variable would have it. */
      key: c.text('key').primaryKey(),
      /** A Fernet token: see server/secrets. */
      value: c.text('value').notNull(),
      /** Who wrote the value last; null for nobody with an account, or one that is gone. */
      userId: c.int('user_id').references(() => users.id, { onDelete: 'set null' }),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [c.index('secrets_user_id_index').on(t.userId)],
  )
  return { secrets }
}
