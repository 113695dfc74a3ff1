import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endAllSessionsOf, listSessionsOf } from '#server/auth/manage-sessions'
import { requireGlobalId } from '#server/global-id'

export const GET = route<{ id: string }>({
  can: 'session.listAll',
  run: ({ ctx, params }) => listSessionsOf(ctx, requireGlobalId('User', params.id)),
})

export const DELETE = route<{ id: string }>({
  can: 'session.endAny',
  run: ({ ctx, params }) => endAllSessionsOf(ctx, requireGlobalId('User', params.id)),
})

export const { POST, PUT, PATCH } = otherMethods('GET', 'DELETE')
