import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { NewProvider } from '#server/sso-providers/body'
import { createProvider } from '#server/sso-providers/change'

export const POST = route({
  can: 'signInProvider.create',
  body: NewProvider,
  run: ({ ctx, body }) => createProvider(ctx, body),
  status: 204,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
