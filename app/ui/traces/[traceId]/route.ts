import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { getTrace } from '#server/traces/traces'

export const GET = route({
  can: 'trace.read',
  params: z.object({ traceId: z.string() }),
  run: ({ ctx, params }) => getTrace(ctx, params),
})
