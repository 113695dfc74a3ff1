import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { encodeGlobalId } from '#server/global-id'
import { CursorParam, limitParam } from '#server/query'
import { createUser } from '#server/users/create'
import { listUsers } from '#server/users/list'
import { NewUser } from '#server/users/model'
import { readUserCursor, WireUser, writeUser } from '#server/users/wire'

export const GET = route({
  can: 'user.list',
  query: z.object({ cursor: CursorParam, limit: limitParam({ default: 100 }) }),
  run: async ({ ctx, query }) => {
    const page = { from: readUserCursor(query.cursor), limit: query.limit }
    const { users, next } = await listUsers(ctx, page)
    return {
      data: users.map(writeUser),
      next_cursor: next === null ? null : encodeGlobalId('User', next),
    }
  },
  summary: 'List the accounts, newest first',
  response: z.object({ data: z.array(WireUser), next_cursor: z.string().nullable() }),
})

export const POST = route({
  can: 'user.create',
  body: NewUser,
  run: async ({ ctx, body }) => ({
    data: writeUser(await createUser(ctx, body.user, { welcome: body.send_welcome_email })),
  }),
  status: 201,
  summary: 'Make an account',
  response: z.object({ data: WireUser }),
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
