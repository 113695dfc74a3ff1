import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { sentTokens, signedInResponse } from '#app/_lib/session-response'
import { refreshSession } from '#server/auth/renew'
import { takeFromLimit } from '#server/limits/limits'

export const POST = authRoute({
  can: 'public',
  run: async ({ ctx, request }) => {
    await takeFromLimit(ctx, 'refresh')
    return refreshSession(ctx, sentTokens(request))
  },
  write: (session, { ctx, request }) => signedInResponse(ctx, request, session),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
