/** GraphQL for scripts: the same functions and rights as REST. This file holds what belongs to one request. */
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { createLoaders, type Loaders } from '#server/graphql/loaders'
import { refuseUnless } from '#server/http'

/** Objects that one answer may hold in lists, whatever was asked. */
const MAX_LISTED = 50_000

/** One request: who asks, what has been read for it, and what its answer must do besides. */
export interface Ask {
  ctx: Ctx
  loaders: Loaders
  /** Whether the answer removes the cookies of the session, which has ended. */
  clearsCookies: boolean
  /** Counts what goes into lists. @throws AppError too_large */
  spend(count: number): void
  /** Settles, before a mutation, who asks now: the one before it may have ended the session. */
  beginMutation(): Promise<void>
}

/** @param again reads the credential of the request anew */
export function createAsk(ctx: Ctx, again: () => Promise<Ctx>): Ask {
  let listed = 0
  let mutations = 0
  const ask: Ask = {
    ctx,
    loaders: createLoaders(ctx),
    clearsCookies: false,
    spend: (count) => {
      listed += count
      if (listed > MAX_LISTED)
        throw new AppError('too_large', `The answer would list more than ${MAX_LISTED} objects: ask for less`)
    },
    beginMutation: async () => {
      mutations += 1
      if (mutations === 1) return
      const { actor } = await again()
      ask.ctx = { ...ctx, actor }
      ask.loaders = createLoaders(ask.ctx)
      refuseUnless(ask.ctx, 'graphql.use')
    },
  }
  return ask
}
