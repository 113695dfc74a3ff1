import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { createApiKey, listOwnApiKeys } from '#server/api-keys/api-keys'
import {
  ApiKeyList,
  apiKeyJson,
  CreateApiKeyBody,
  CreatedApiKey,
  createdResponse,
} from '#server/api-keys/wire'

export const GET = route({
  can: 'userApiKey.listOwn',
  run: async ({ ctx }) => ({ data: (await listOwnApiKeys(ctx)).map(apiKeyJson) }),
  summary: 'List your own API keys',
  response: ApiKeyList,
})

export const POST = route({
  can: 'userApiKey.create',
  body: CreateApiKeyBody,
  run: ({ ctx, body }) => createApiKey(ctx, body.data, 'user'),
  status: 201,
  write: createdResponse,
  summary: 'Create an API key of your own',
  response: CreatedApiKey,
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
