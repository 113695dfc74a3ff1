import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endedResponse } from '#app/_lib/session-response'
import { endSessionOf } from '#server/auth/manage-sessions'
import { requireGlobalId } from '#server/global-id'

export const DELETE = route<{ id: string; sessionId: string }>({
  can: 'session.endAny',
  run: ({ ctx, params }) =>
    endSessionOf(ctx, requireGlobalId('User', params.id), requireGlobalId('Session', params.sessionId)),
  write: (_result, { ctx, request, params }) =>
    endedResponse(ctx, request, requireGlobalId('Session', params.sessionId)),
})

export const { GET, POST, PUT, PATCH } = otherMethods('DELETE')
