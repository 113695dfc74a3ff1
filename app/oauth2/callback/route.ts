import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { finish } from '../_lib/finish'

export const GET = authRoute({
  can: 'public',
  run: ({ ctx, request }) => finish(ctx, request, null),
  write: (response) => response,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
