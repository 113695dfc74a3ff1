import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getDirectoryOverview } from '#server/ldap/overview'

export const GET = route({ can: 'directory.read', run: ({ ctx }) => getDirectoryOverview(ctx) })

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
