import { z } from 'zod'
import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { begin } from '../../_lib/begin'

const params = z.object({ idp: z.string() })

export const GET = authRoute({
  can: 'public',
  params,
  run: ({ ctx, request, params: { idp } }) => begin(ctx, request, idp),
  write: (response) => response,
})

export const POST = authRoute({
  can: 'public',
  params,
  run: ({ ctx, request, params: { idp } }) => begin(ctx, request, idp),
  write: (response) => response,
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
