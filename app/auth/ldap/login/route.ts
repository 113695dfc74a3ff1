import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { signedInResponse } from '#app/_lib/session-response'
import { signInWithDirectory } from '#server/ldap/sign-in'
import { enterByDirectory } from '../../../../auth-password'

// What is missing is answered like what is wrong: 401, not 422.
const Credentials = z.object({ username: z.string().nullish(), password: z.string().nullish() }).default({})

export const POST = authRoute({
  can: 'public',
  body: Credentials,
  run: ({ ctx, body }) => enterByDirectory(ctx.config, () => signInWithDirectory(ctx, body)),
  write: (session, { ctx, request }) => signedInResponse(ctx, request, session),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
