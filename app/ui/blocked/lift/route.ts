import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { liftBlock } from '#server/users/blocked'
import { LiftBlock } from '#server/users/model'

export const POST = route({
  can: 'identityBlock.lift',
  body: LiftBlock,
  run: ({ ctx, body: { email = null, username = null } }) => liftBlock(ctx, { email, username }),
  status: 204,
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
