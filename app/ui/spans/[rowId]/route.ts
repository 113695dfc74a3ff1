import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { RowId } from '#server/query'
import { getSpan } from '#server/traces/traces'

export const GET = route({
  can: 'trace.read',
  params: z.object({ rowId: RowId }),
  run: ({ ctx, params }) => getSpan(ctx, { id: params.rowId }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
