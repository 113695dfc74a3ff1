import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { rotateApiKey } from '#server/api-keys/rotate'
import { CreatedApiKey, RotateApiKeyBody, rotatedResponse } from '#server/api-keys/wire'
import { requireGlobalId } from '#server/global-id'

export const POST = route({
  can: 'userApiKey.rotate',
  // Whoever may rotate own keys passes here: another's key is then not found, rather than forbidden.
  owner: async () => true,
  body: RotateApiKeyBody,
  run: ({ ctx, params, body }) =>
    rotateApiKey(ctx, requireGlobalId('UserApiKey', params.api_key_id ?? ''), 'user', body.data),
  write: rotatedResponse,
  summary: 'Give an API key of your own a new value',
  response: CreatedApiKey,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
