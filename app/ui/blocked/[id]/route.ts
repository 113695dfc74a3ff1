import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { requireGlobalId } from '#server/global-id'
import { liftBlock } from '#server/users/blocked'

export const DELETE = route<{ id: string }>({
  can: 'identityBlock.lift',
  run: ({ ctx, params }) => liftBlock(ctx, { id: requireGlobalId('BlockedIdentity', params.id) }),
  status: 204,
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
