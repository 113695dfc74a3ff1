import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { requestPasswordReset } from '#server/auth/reset-request'

export const POST = authRoute({
  can: 'public',
  body: z.object({ email: z.string().trim().min(1, 'The e-mail address is missing') }),
  run: ({ ctx, body }) => requestPasswordReset(ctx, body.email),
  status: 204,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
