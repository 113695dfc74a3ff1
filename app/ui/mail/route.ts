import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getMailState } from '#server/mail/state'

export const GET = route({ can: 'mail.read', run: ({ ctx }) => getMailState(ctx) })

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
