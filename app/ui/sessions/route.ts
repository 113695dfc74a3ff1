import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { endOtherSessions, listOwnSessions } from '#server/auth/manage-sessions'

export const GET = route({ can: 'session.listOwn', run: ({ ctx }) => listOwnSessions(ctx) })

/** All but the present one. */
export const DELETE = route({ can: 'session.endOwn', run: ({ ctx }) => endOtherSessions(ctx) })

export const { POST, PUT, PATCH } = otherMethods('GET', 'DELETE')
