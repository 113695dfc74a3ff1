import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { clearCookies, SESSION_COOKIES } from '#app/_lib/session-response'
import { ProfileChange } from '#server/users/model'
import { getOwnProfile, updateOwnProfile } from '#server/users/profile'
import { WireAnonymous, WireUser, writeUser } from '#server/users/wire'

export const GET = route({
  can: 'profile.read',
  run: async ({ ctx }) => {
    const user = await getOwnProfile(ctx)
    return { data: user ? writeUser(user) : ({ auth_method: 'ANONYMOUS' } satisfies WireAnonymous) }
  },
  summary: 'Your own account',
  response: z.object({ data: z.union([WireUser, WireAnonymous]) }),
})

export const PATCH = route({
  can: 'profile.update',
  body: ProfileChange,
  run: ({ ctx, body }) => updateOwnProfile(ctx, body.user),
  write: ({ user, sessionsEnded }, { ctx, request }) => {
    const headers = new Headers({ 'cache-control': 'no-store' })
    if (sessionsEnded) clearCookies(headers, ctx.config, request, SESSION_COOKIES)
    return Response.json({ data: writeUser(user) }, { headers })
  },
  summary: 'Change your own name or password',
  response: z.object({ data: WireUser }),
})

export const { POST, PUT, DELETE } = otherMethods('GET', 'PATCH')
