import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { rotateApiKey } from '#server/api-keys/rotate'
import { CreatedApiKey, RotateApiKeyBody, rotatedResponse } from '#server/api-keys/wire'
import { requireGlobalId } from '#server/global-id'

export const POST = route({
  can: 'systemApiKey.rotate',
  body: RotateApiKeyBody,
  run: ({ ctx, params, body }) =>
    rotateApiKey(ctx, requireGlobalId('SystemApiKey', params.api_key_id ?? ''), 'system', body.data),
  write: rotatedResponse,
  summary: 'Give a system API key a new value',
  response: CreatedApiKey,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
