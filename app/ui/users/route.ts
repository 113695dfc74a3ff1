import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { CursorParam, limitParam, OptionalQueryText } from '#server/query'
import { listUserSummaries } from '#server/users/list'
import { readUserCursor } from '#server/users/wire'

export const GET = route({
  can: 'user.list',
  query: z.object({
    search: OptionalQueryText,
    cursor: CursorParam,
    limit: limitParam({ default: 50, max: 200 }),
  }),
  run: ({ ctx, query: { search = '', cursor, limit } }) =>
    listUserSummaries(ctx, { search, from: readUserCursor(cursor), limit }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
