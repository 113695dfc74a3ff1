import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { listSecrets } from '#server/secrets/stored'

export const GET = route({ can: 'secret.list', run: ({ ctx }) => listSecrets(ctx) })

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
