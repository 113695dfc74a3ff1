import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endFromOutside } from '../../_lib/backchannel'

export const POST = authRoute({
  can: 'public',
  params: z.object({ idp: z.string() }),
  run: ({ ctx, request, params: { idp } }) => endFromOutside(ctx, request, idp),
  write: (response) => response,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
