import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { ProviderOrder } from '#server/sso-providers/body'
import { orderProviders } from '#server/sso-providers/change'

export const PUT = route({
  can: 'signInProvider.update',
  body: ProviderOrder,
  run: ({ ctx, body }) => orderProviders(ctx, body.names),
  status: 204,
})

export const { GET, POST, PATCH, DELETE } = otherMethods('PUT')
