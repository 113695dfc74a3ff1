import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { clearCookies, SESSION_COOKIES } from '#app/_lib/session-response'
import { requireGlobalId } from '#server/global-id'
import { FlagParam } from '#server/query'
import { changeUser } from '#server/users/change-user'
import { deleteUser } from '#server/users/delete'
import { UserChange } from '#server/users/model'
import { WireUser, writeUser } from '#server/users/wire'

interface Params {
  user_id: string
}

export const PATCH = route<Params, unknown, UserChange, Awaited<ReturnType<typeof changeUser>>>({
  can: 'user.update',
  body: UserChange,
  run: ({ ctx, params, body }) => changeUser(ctx, requireGlobalId('User', params.user_id), body.user),
  write: ({ user, sessionsEnded }, { ctx, request }) => {
    const headers = new Headers({ 'cache-control': 'no-store' })
    if (sessionsEnded) clearCookies(headers, ctx.config, request, SESSION_COOKIES)
    return Response.json({ data: writeUser(user) }, { headers })
  },
  summary: "Change an account's name, role or password, or disable it",
  response: z.object({ data: WireUser }),
})

export const DELETE = route<Params, { block: boolean }>({
  can: 'user.delete',
  query: z.object({ block: FlagParam }),
  run: ({ ctx, params, query }) => deleteUser(ctx, requireGlobalId('User', params.user_id), query),
  status: 204,
  summary: 'Delete an account for good; with block=true its address and name are never let back',
})

export const { GET, POST, PUT } = otherMethods('PATCH', 'DELETE')
