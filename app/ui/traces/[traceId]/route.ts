import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getTrace } from '#server/traces/traces'

export const GET = route({
  can: 'trace.read',
  params: z.object({ traceId: z.string() }),
  run: ({ ctx, params }) => getTrace(ctx, params),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
