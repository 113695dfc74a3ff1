import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import type { AdminNotices } from '#server/notices/model'
import { listNotices } from '#server/notices/notices'

export const GET = route({
  can: 'notice.list',
  run: async ({ ctx }): Promise<AdminNotices> => ({ notices: await listNotices(ctx) }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
