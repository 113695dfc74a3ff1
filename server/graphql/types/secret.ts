/** Stored secrets. */
import { builder, Node } from '#server/graphql/builder'
import { connectionType } from '#server/graphql/connection'
import { permit } from '#server/graphql/gate'
import { loadUser, UserType } from '#server/graphql/types/user'
import type { StoredSecret } from '#server/secrets/reveal'

/** Secrets have names in place of row ids. */
export const secretId = (key: string): string => Buffer.from(`Secret:${key}`).toString('base64')

/** The name in the id of a secret, or null when it is another id. */
export function readSecretId(id: string): string | null {
  return /^Secret:([A-Za-z_][A-Za-z0-9_]*)$/.exec(Buffer.from(id, 'base64').toString('utf8'))?.[1] ?? null
}

const Decrypted = builder.objectRef<{ value: string }>('DecryptedSecret').implement({
  fields: (t) => ({ value: t.exposeString('value') }),
})
const Unparsable = builder.objectRef<{ parseError: string }>('UnparsableSecret').implement({
  fields: (t) => ({ parseError: t.exposeString('parseError') }),
})
const SecretValue = builder.unionType('SecretValue', {
  types: [Decrypted, Unparsable],
  resolveType: (value) => ('value' in value ? Decrypted : Unparsable),
})

const UNREADABLE = 'No configured secret opens this value, or it was changed in the database: set it again'

export const SecretType = builder.objectRef<StoredSecret>('Secret').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: ({ key }) => secretId(key) }),
    key: t.exposeString('key'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    user: t.field({
      type: UserType,
      nullable: true,
      resolve: ({ userId }, _args, ask) => (userId === null ? null : loadUser(ask, userId)),
    }),
    value: t.field({
      type: SecretValue,
      resolve: async ({ key }, _args, ask) => {
        permit(ask, 'secret.reveal')
        const value = (await ask.loaders.secretValue.load(key)) ?? null
        return value === null ? { parseError: UNREADABLE } : { value }
      },
    }),
  }),
})

export const SecretConnection = connectionType('Secret', SecretType)
