import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { originOf } from '#server/oidc/addresses'
import { getSignInSettings } from '#server/sso-providers/settings'

export const GET = route({
  can: 'signInProvider.list',
  run: ({ ctx, request }) => getSignInSettings(ctx, originOf(request.headers)),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
