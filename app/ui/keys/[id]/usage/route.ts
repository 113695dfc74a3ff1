import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getKeyUsage } from '#server/api-keys/list-keys'
import { requireKeyId } from '#server/api-keys/wire'

export const GET = route<{ id: string }>({
  // One's own keys; other keys ask for more.
  can: 'userApiKey.listOwn',
  run: ({ ctx, params }) => {
    const { id, kind } = requireKeyId(params.id)
    return getKeyUsage(ctx, id, kind)
  },
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
