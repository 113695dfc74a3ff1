import { route } from '#app/_lib/handle'
import { AppError } from '#server/errors'
import { refuseUnless } from '#server/http'

/** Whatever else is asked under /v1: nobody learns what is there without a credential. */
const nothing = route({
  can: 'public',
  run: async ({ ctx }) => {
    const { kind } = ctx.actor
    // A key of any scope may know that a path does not exist; a session that must reset may not look around.
    if (kind === 'anonymous' || kind === 'session') refuseUnless(ctx, 'project.read')
    throw new AppError('not_found', 'Not Found')
  },
})

export { nothing as DELETE, nothing as GET, nothing as PATCH, nothing as POST, nothing as PUT }
