import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { finish } from '../../_lib/finish'

export const GET = authRoute({
  can: 'public',
  params: z.object({ idp: z.string() }),
  run: ({ ctx, request, params: { idp } }) => finish(ctx, request, idp),
  write: (response) => response,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
