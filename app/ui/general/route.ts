import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getGeneralSettings } from '#server/settings/general'

export const GET = route({ can: 'settings.read', run: ({ ctx }) => getGeneralSettings(ctx) })

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
