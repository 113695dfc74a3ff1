import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { compareNow } from '#server/ldap/overview'
import { CompareInput } from '#server/ldap/overview-model'

export const POST = route({
  can: 'directory.compare',
  body: CompareInput,
  run: ({ ctx, body }) => compareNow(ctx, body.at_most ?? null),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
