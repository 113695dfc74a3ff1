import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endPreviousValue } from '#server/api-keys/rotate'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ api_key_id: string }>({
  can: 'systemApiKey.rotate',
  run: ({ ctx, params }) =>
    endPreviousValue(ctx, requireGlobalId('SystemApiKey', params.api_key_id), 'system'),
  status: 204,
  summary: 'End the value before the last rotation of a system API key',
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
