import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { askProviders } from '#server/sso-providers/states'

export const GET = route({
  can: 'signInProvider.list',
  run: async ({ ctx }) => ({ states: await askProviders(ctx) }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
