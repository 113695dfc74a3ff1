import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { CursorParam, limitParam } from '#server/query'
import { listBlocked } from '#server/users/blocked'
import { readBlockedCursor, writeBlocked } from '#server/users/wire'

export const GET = route({
  can: 'identityBlock.list',
  query: z.object({ cursor: CursorParam, limit: limitParam({ default: 200, max: 1000 }) }),
  run: async ({ ctx, query: { cursor, limit } }) =>
    writeBlocked(await listBlocked(ctx, { from: readBlockedCursor(cursor), limit })),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
