import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { deleteApiKey } from '#server/api-keys/api-keys'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ api_key_id: string }>({
  can: 'systemApiKey.delete',
  run: ({ ctx, params }) => deleteApiKey(ctx, requireGlobalId('SystemApiKey', params.api_key_id), 'system'),
  status: 204,
  summary: 'Delete a system API key',
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
