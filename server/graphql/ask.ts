/** GraphQL for scripts: the same functions and rights as REST. This file holds what belongs to one request. */
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { createLoaders, type Loaders } from '#server/graphql/loaders'
import { refuseUnless } from '#server/http'

/** Objects that one answer may hold in lists, whatever was asked. */
const MAX_LISTED = 50_000

/** What may be long about spans, read or answered for one request, in characters. */
const MAX_TEXT = 64 * 1024 * 1024

/** One request: who asks, what has been read for it, and what its answer must do besides. */
export interface Ask {
  ctx: Ctx
  loaders: Loaders
  /** Whether the answer removes the cookies of the session, which has ended. */
  clearsCookies: boolean
  /** Counts what goes into lists. @throws AppError too_large */
  spend(count: number): void
  /** Counts what may be long, in characters, as often as it is answered. @throws AppError too_large */
  spendText(length: number): void
  /** Settles, before a mutation, who asks now: the one before it may have ended the session. */
  beginMutation(): Promise<void>
}

/** @param again reads the credential of the request anew */
export function createAsk(ctx: Ctx, again: () => Promise<Ctx>): Ask {
  let listed = 0
  let mutations = 0
  let answered = 0
  let read = 0
  const refuseLong = (length: number) => {
    if (length > MAX_TEXT) throw new AppError('too_large', TOO_LONG)
  }
  const spendRead = (length: number) => {
    read += length
    refuseLong(read)
  }
  const ask: Ask = {
    ctx,
    loaders: createLoaders(ctx, spendRead),
    clearsCookies: false,
    spend: (count) => {
      listed += count
      if (listed > MAX_LISTED)
        throw new AppError('too_large', `The answer would list more than ${MAX_LISTED} objects: ask for less`)
    },
    spendText: (length) => {
      answered += length
      refuseLong(answered)
    },
    beginMutation: async () => {
      mutations += 1
      if (mutations === 1) return
      const { actor } = await again()
      ask.ctx = { ...ctx, actor }
      ask.loaders = createLoaders(ask.ctx, spendRead)
      refuseUnless(ask.ctx, 'graphql.use')
    },
  }
  return ask
}

const TOO_LONG = 'The attributes and events of these spans are too long for one answer: ask for fewer spans'
