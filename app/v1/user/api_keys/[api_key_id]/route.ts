import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { deleteApiKey } from '#server/api-keys/api-keys'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ api_key_id: string }>({
  can: 'userApiKey.delete',
  // Whoever may delete own keys passes here: another's key is then not found, rather than forbidden.
  owner: async () => true,
  run: ({ ctx, params }) => deleteApiKey(ctx, requireGlobalId('UserApiKey', params.api_key_id), 'user'),
  status: 204,
  summary: 'Delete an API key of your own, or as an admin that of any person',
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
