/** What the schema is made with: nothing is nullable unless it says so, and every operation names the right it needs. */
import SchemaBuilder from '@pothos/core'
import { GraphQLError } from 'graphql'
import { encodeGlobalId, type GlobalIdType } from '#server/global-id'
import type { Ask } from '#server/graphql/ask'
import type { Action } from '#server/permissions'
import { formatTime, parseTime } from '#server/wire-time'

export const builder = new SchemaBuilder<{
  Context: Ask
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    /** Out: a Date, or microseconds since 1970. In: the text, known to be a time. */
    DateTime: { Input: string; Output: Date | number }
    JSON: { Input: unknown; Output: unknown }
  }
}>({ defaultFieldNullability: false })

export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

builder.scalarType('DateTime', {
  description: 'A time in ISO 8601; one without an offset is UTC.',
  serialize: (time) => formatTime(time),
  parseValue: (text) => {
    if (typeof text === 'string' && parseTime(text) !== null) return text
    throw new GraphQLError('DateTime must be a time in ISO 8601')
  },
})

builder.scalarType('JSON', { description: 'Any value of JSON.', serialize: (value) => value })

export const QueryType = builder.queryType({})
builder.mutationType({})

/** Everything with an id of its own. A value of it names its type in `__typename`. */
export const Node = builder.interfaceRef<object>('Node').implement({
  fields: (t) => ({ id: t.id({ resolve: () => '' }) }),
})

/** What an operation asks for: a right, and whether it is about what belongs to the caller, as far as is known yet. */
export interface Needs {
  can: Action
  own?: true
}

/** For the declaration of an operation. A schema with an operation that lacks it is not made. */
export const needs = (can: Action, options: { own?: true } = {}): { extensions: { needs: Needs } } => ({
  extensions: { needs: { can, ...options } },
})

/** The id of a row. */
export const idOf =
  (type: GlobalIdType) =>
  ({ id }: { id: number }): string =>
    encodeGlobalId(type, id)
