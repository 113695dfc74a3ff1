import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endedResponse } from '#app/_lib/session-response'
import { endOwnSession } from '#server/auth/manage-sessions'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ id: string }>({
  can: 'session.endOwn',
  run: ({ ctx, params }) => endOwnSession(ctx, requireGlobalId('Session', params.id)),
  write: (_result, { ctx, request, params }) =>
    endedResponse(ctx, request, requireGlobalId('Session', params.id)),
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
