import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { resetPasswordByToken } from '#server/auth/reset-complete'

export const POST = authRoute({
  can: 'public',
  // A token that is missing is answered like one that is wrong: 401, not 422.
  body: z.object({
    token: z.string().nullish(),
    password: z.string().min(1, 'The password is missing'),
  }),
  run: ({ ctx, body }) => resetPasswordByToken(ctx, body),
  status: 204,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
