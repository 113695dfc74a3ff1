import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { listKeyPage } from '#server/api-keys/list-keys'
import { KEY_LISTS } from '#server/api-keys/model'
import { requireGlobalId } from '#server/global-id'
import { CursorParam, limitParam, OptionalQueryText, readCursor } from '#server/query'

const MAX_SEARCH = 200

export const GET = route({
  // One's own keys; the other lists ask for more.
  can: 'userApiKey.listOwn',
  query: z.object({
    kind: z.enum(KEY_LISTS),
    search: OptionalQueryText,
    owner: OptionalQueryText,
    cursor: CursorParam,
    limit: limitParam({ default: 50, max: 500 }),
  }),
  run: ({ ctx, query }) =>
    listKeyPage(ctx, {
      list: query.kind,
      search: (query.search ?? '').slice(0, MAX_SEARCH),
      ownerId: query.owner ? requireGlobalId('User', query.owner) : null,
      from: readCursor(query.cursor),
      limit: query.limit,
    }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
