import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { listAllUserApiKeys } from '#server/api-keys/api-keys'
import { OwnedApiKeyPage, ownedApiKeyJson, readKeyCursor } from '#server/api-keys/wire'
import { encodeGlobalId } from '#server/global-id'
import { CursorParam, limitParam } from '#server/query'

export const GET = route({
  can: 'userApiKey.listAll',
  query: z.object({ cursor: CursorParam, limit: limitParam({ default: 100, max: 1000 }) }),
  run: async ({ ctx, query }) => {
    const page = { from: readKeyCursor(query.cursor), limit: query.limit }
    const { apiKeys, next } = await listAllUserApiKeys(ctx, page)
    return {
      data: apiKeys.map(ownedApiKeyJson),
      next_cursor: next === null ? null : encodeGlobalId('UserApiKey', next),
    }
  },
  summary: "List everybody's API keys",
  response: OwnedApiKeyPage,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
