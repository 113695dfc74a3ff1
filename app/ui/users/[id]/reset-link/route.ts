import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { mailResetLinkTo } from '#server/auth/reset-link'
import { requireGlobalId } from '#server/global-id'

export const POST = route<{ id: string }>({
  can: 'user.update',
  run: ({ ctx, params }) => mailResetLinkTo(ctx, requireGlobalId('User', params.id)),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
