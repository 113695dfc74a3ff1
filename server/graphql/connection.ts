/** Lists in parts, by the convention of Relay's cursor connections (https://relay.dev/graphql/connections.htm). */
import type { ObjectRef } from '@pothos/core'
import type { Place, Slice, Window } from '#server/db/windows'
import { AppError } from '#server/errors'
import type { Ask } from '#server/graphql/ask'
import { builder, type Types } from '#server/graphql/builder'

/** How long a part is when nobody says. */
export const USUAL_LENGTH = 50

/** As many as a whole query may ask for, whatever its variables say. */
const MAX_LENGTH = 10_000

/** A part of a list as it is answered. */
export interface Connection<T> {
  edges: { node: T; cursor: string }[]
  pageInfo: PageInfo
}

interface PageInfo {
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor: string | null
  endCursor: string | null
}

const PageInfoType = builder.objectRef<PageInfo>('PageInfo').implement({
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.exposeString('startCursor', { nullable: true }),
    endCursor: t.exposeString('endCursor', { nullable: true }),
  }),
})

/** The types of connections to nodes of one type: `XConnection` and `XEdge`. */
export function connectionType<T>(name: string, node: ObjectRef<Types, T>) {
  const edge = builder.objectRef<{ node: T; cursor: string }>(`${name}Edge`)
  edge.implement({
    fields: (t) => ({
      node: t.field({ type: node, resolve: (parent) => parent.node as never }),
      cursor: t.exposeString('cursor'),
    }),
  })
  return builder.objectRef<Connection<T>>(`${name}Connection`).implement({
    fields: (t) => ({
      edges: t.field({ type: [edge], resolve: (parent) => parent.edges }),
      pageInfo: t.field({ type: PageInfoType, resolve: (parent) => parent.pageInfo }),
    }),
  })
}

/** The arguments of a connection; `last` goes before `first`. */
export const windowArgs = builder.args((t) => ({
  first: t.int({ required: true, defaultValue: USUAL_LENGTH }),
  last: t.int(),
  after: t.string(),
  before: t.string(),
}))

/** What those arguments hold. */
export interface WindowArgs {
  first: number
  last?: number | null | undefined
  after?: string | null | undefined
  before?: string | null | undefined
}

/**
 * The part of a list that the arguments name.
 * @throws AppError invalid for a negative length and for a cursor that is not ours
 */
export function windowOf({ first, last, after, before }: WindowArgs): Window {
  return {
    limit: lengthOf(first, last),
    after: after ? readCursor(after) : null,
    before: before ? readCursor(before) : null,
    fromEnd: isFromEnd(last),
  }
}

const isFromEnd = (last: WindowArgs['last']) => last !== null && last !== undefined

function lengthOf(first: number, last: WindowArgs['last']): number {
  const length = last ?? first
  if (length < 0) throw new AppError('invalid', 'first and last must not be negative')
  if (length > MAX_LENGTH) throw new AppError('too_large', `first and last may be ${MAX_LENGTH} at most`)
  return length
}

function readCursor(cursor: string): Place {
  const [sort, id] = /^(-?\d{1,16}):(\d{1,16})$/.exec(plainOf(cursor))?.slice(1).map(Number) ?? []
  if (!Number.isSafeInteger(sort) || !Number.isSafeInteger(id)) throw unknownCursor(cursor)
  return { sort: sort as number, id: id as number }
}

const plainOf = (cursor: string) => Buffer.from(cursor, 'base64').toString('utf8')
const unknownCursor = (cursor: string) =>
  new AppError('invalid', `Invalid cursor: ${JSON.stringify(cursor.slice(0, 100))}`)

/** Rows as a connection. */
export function connect<T>(
  ask: Ask,
  { items, hasMore }: Slice<T>,
  { after, before, fromEnd }: Window,
  placeOf: (node: T) => Place,
): Connection<T> {
  const cursorOf = (node: T) => {
    const { sort, id } = placeOf(node)
    return Buffer.from(`${sort}:${id}`).toString('base64')
  }
  return asConnection(ask, items, cursorOf, {
    hasNextPage: fromEnd ? before !== null : hasMore,
    hasPreviousPage: fromEnd ? hasMore : after !== null,
  })
}

/**
 * A part of a list that is there as a whole, as a connection.
 * @param list in the order of its items' names, by their UTF-16 units
 * @throws AppError invalid for a negative length
 */
export function connectList<T>(
  ask: Ask,
  list: readonly T[],
  args: WindowArgs,
  nameOf: (node: T) => string,
): Connection<T> {
  const cursorOf = (node: T) => Buffer.from(nameOf(node)).toString('base64')
  // A name that has gone meanwhile still says where to go on.
  const countOf = (isMeant: (name: string) => boolean) => list.filter((node) => isMeant(nameOf(node))).length
  const { after, before } = args
  const from = after ? countOf((name) => name <= plainOf(after)) : 0
  const to = Math.max(from, before ? countOf((name) => name < plainOf(before)) : list.length)
  const length = lengthOf(args.first, args.last)
  const start = isFromEnd(args.last) ? Math.max(from, to - length) : from
  const end = Math.min(to, start + length)
  const pages = { hasNextPage: end < list.length, hasPreviousPage: start > 0 }
  return asConnection(ask, list.slice(start, end), cursorOf, pages)
}

function asConnection<T>(
  ask: Ask,
  items: readonly T[],
  cursorOf: (node: T) => string,
  pages: Pick<PageInfo, 'hasNextPage' | 'hasPreviousPage'>,
): Connection<T> {
  ask.spend(items.length)
  const edges = items.map((node) => ({ node, cursor: cursorOf(node) }))
  return {
    edges,
    pageInfo: {
      ...pages,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
