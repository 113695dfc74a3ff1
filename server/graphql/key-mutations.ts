/** What can be changed about keys and secrets. Every mutation runs the function behind its twin of REST. */
import type { ObjectRef } from '@pothos/core'
import { createApiKey, deleteApiKey } from '#server/api-keys/api-keys'
import { ApiKeyInput, type OwnedApiKey } from '#server/api-keys/model'
import { builder, needs, QueryType, type Types } from '#server/graphql/builder'
import { inWords, parseAs, rowIdOf } from '#server/graphql/input'
import { SecretType, secretId } from '#server/graphql/types/secret'
import { SystemApiKeyType, UserApiKeyType } from '#server/graphql/types/user'
import { SecretChanges } from '#server/secrets/model'
import { listStoredSecrets, type StoredSecret } from '#server/secrets/reveal'
import { changeSecrets } from '#server/secrets/stored'

const NO_KEY = 'API key not found'

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    description: t.string(),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
})

const DeleteApiKeyInput = builder.inputType('DeleteApiKeyInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
})

const SecretInput = builder.inputType('SecretKeyValueInput', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string() }),
})

const SecretsInput = builder.inputType('UpsertOrDeleteSecretsInput', {
  fields: (t) => ({ secrets: t.field({ type: [SecretInput], required: true }) }),
})

/** For whoever wants to see what has become of it. */
const QUERY = { type: QueryType, resolve: () => ({}) }

interface CreatedKey {
  jwt: string
  apiKey: OwnedApiKey
}

const createdKeyType = (name: string, key: ObjectRef<Types, OwnedApiKey>) =>
  builder.objectRef<CreatedKey>(name).implement({
    fields: (t) => ({
      jwt: t.exposeString('jwt', { description: 'The text of the key, which nobody can read again.' }),
      apiKey: t.expose('apiKey', { type: key }),
      query: t.field(QUERY),
    }),
  })

const CreatedUserKey = createdKeyType('CreateUserApiKeyMutationPayload', UserApiKeyType)
const CreatedSystemKey = createdKeyType('CreateSystemApiKeyMutationPayload', SystemApiKeyType)

const DeletedKey = builder.objectRef<{ apiKeyId: string }>('DeleteApiKeyMutationPayload').implement({
  fields: (t) => ({
    apiKeyId: t.exposeID('apiKeyId'),
    query: t.field(QUERY),
  }),
})

interface ChangedSecrets {
  upsertedSecrets: StoredSecret[]
  deletedIds: string[]
}

const ChangedSecretsType = builder
  .objectRef<ChangedSecrets>('UpsertOrDeleteSecretsMutationPayload')
  .implement({
    fields: (t) => ({
      upsertedSecrets: t.expose('upsertedSecrets', { type: [SecretType] }),
      deletedIds: t.exposeIDList('deletedIds'),
      query: t.field(QUERY),
    }),
  })

interface KeyInput {
  name: string
  description?: string | null | undefined
  expiresAt?: string | null | undefined
}

const newKey = ({ name, description, expiresAt }: KeyInput) =>
  parseAs(ApiKeyInput, { name, description, expires_at: expiresAt })

builder.mutationFields((t) => ({
  createUserApiKey: t.field({
    type: CreatedUserKey,
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    ...needs('userApiKey.create'),
    resolve: async (_parent, { input }, { ctx }) => {
      const { apiKey, text } = await createApiKey(ctx, newKey(input), 'user')
      return { apiKey, jwt: text }
    },
  }),
  createSystemApiKey: t.field({
    type: CreatedSystemKey,
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    ...needs('systemApiKey.create'),
    resolve: async (_parent, { input }, { ctx }) => {
      const { apiKey, text } = await createApiKey(ctx, newKey(input), 'system')
      return { apiKey, jwt: text }
    },
  }),
  deleteUserApiKey: t.field({
    type: DeletedKey,
    args: { input: t.arg({ type: DeleteApiKeyInput, required: true }) },
    // Whoever may delete own keys passes here: another's key is then not found, rather than forbidden.
    ...needs('userApiKey.delete', { own: true }),
    resolve: async (_parent, { input: { id } }, { ctx }) => {
      await deleteApiKey(ctx, rowIdOf('UserApiKey', id, NO_KEY), 'user')
      return { apiKeyId: id }
    },
  }),
  deleteSystemApiKey: t.field({
    type: DeletedKey,
    args: { input: t.arg({ type: DeleteApiKeyInput, required: true }) },
    ...needs('systemApiKey.delete'),
    resolve: async (_parent, { input: { id } }, { ctx }) => {
      await deleteApiKey(ctx, rowIdOf('SystemApiKey', id, NO_KEY), 'system')
      return { apiKeyId: id }
    },
  }),
  upsertOrDeleteSecrets: t.field({
    type: ChangedSecretsType,
    args: { input: t.arg({ type: SecretsInput, required: true }) },
    ...needs('secret.update'),
    resolve: async (_parent, { input: { secrets } }, ask) => {
      const list = secrets.map(({ key, value }) => ({ key, value: value ?? null }))
      const changes = await inWords(WORDS_OF_SECRETS, () => parseAs(SecretChanges, { secrets: list }))
      const { upserted_keys, deleted_keys } = await changeSecrets(ask.ctx, changes)
      return {
        upsertedSecrets: upserted_keys.length === 0 ? [] : await listStoredSecrets(ask.ctx, upserted_keys),
        deletedIds: deleted_keys.map(secretId),
      }
    },
  }),
}))

const WORDS_OF_SECRETS = {
  'Name at least one secret': 'At least one secret is required',
  'The name must not be empty': 'Key cannot be empty',
  'Use letters, digits and underscores, and begin with a letter or an underscore':
    'Key must start with a letter or underscore and contain only letters, digits, and underscores',
  'The value must not be empty': 'Value cannot be empty',
}
