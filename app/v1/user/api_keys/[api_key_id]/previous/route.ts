import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endPreviousValue } from '#server/api-keys/rotate'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ api_key_id: string }>({
  can: 'userApiKey.rotate',
  // Whoever may rotate own keys passes here: another's key is then not found, rather than forbidden.
  owner: async () => true,
  run: ({ ctx, params }) => endPreviousValue(ctx, requireGlobalId('UserApiKey', params.api_key_id), 'user'),
  status: 204,
  summary: 'End the value before the last rotation of an API key of your own',
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
