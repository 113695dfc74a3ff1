import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { ProviderTest } from '#server/sso-providers/body'
import { testProvider } from '#server/sso-providers/settings'

export const POST = route({
  can: 'signInProvider.test',
  body: ProviderTest,
  run: ({ ctx, body }) => testProvider(ctx, body),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
