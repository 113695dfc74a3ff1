import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { explainSignIns } from '#server/sso-providers/settings'

export const GET = route<{ name: string }>({
  can: 'signInProvider.explain',
  run: ({ ctx, params }) => explainSignIns(ctx, params.name),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
