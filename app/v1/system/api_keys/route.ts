import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { createApiKey, listSystemApiKeys } from '#server/api-keys/api-keys'
import {
  ApiKeyList,
  apiKeyJson,
  CreateApiKeyBody,
  CreatedApiKey,
  createdResponse,
} from '#server/api-keys/wire'

export const GET = route({
  can: 'systemApiKey.list',
  run: async ({ ctx }) => ({ data: (await listSystemApiKeys(ctx)).map(apiKeyJson) }),
  summary: 'List the system API keys',
  response: ApiKeyList,
})

export const POST = route({
  can: 'systemApiKey.create',
  body: CreateApiKeyBody,
  run: ({ ctx, body }) => createApiKey(ctx, body.data, 'system'),
  status: 201,
  write: createdResponse,
  summary: 'Create a system API key',
  response: CreatedApiKey,
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
