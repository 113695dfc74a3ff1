import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { requireGlobalId } from '#server/global-id'
import { getUserDetail } from '#server/users/list'

export const GET = route<{ id: string }>({
  can: 'user.list',
  run: ({ ctx, params }) => getUserDetail(ctx, requireGlobalId('User', params.id)),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
