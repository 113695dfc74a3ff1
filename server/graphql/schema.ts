/** The schema, put together: every operation asks for its right before it does anything. */
import { type GraphQLObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import type { Ask } from '#server/graphql/ask'
import { builder, type Needs } from '#server/graphql/builder'
import { permit } from '#server/graphql/gate'
import '#server/graphql/types/project'
import '#server/graphql/types/trace'
import '#server/graphql/types/span'
import '#server/graphql/queries'
import '#server/graphql/mutations'
import '#server/graphql/key-mutations'

// Next loads this module once for each route; one schema in a process is enough.
const KEY = Symbol.for('bennu.graphql.schema')
const holder = globalThis as unknown as Record<symbol, GraphQLSchema | undefined>

/** The one schema of this process. */
export function getSchema(): GraphQLSchema {
  holder[KEY] ??= makeSchema()
  return holder[KEY]
}

function makeSchema(): GraphQLSchema {
  const schema = builder.toSchema()
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    if (type) guard(type, type === schema.getMutationType())
  }
  return schema
}

/** Puts the gate before every field of a root type. */
function guard(type: GraphQLObjectType, isMutation: boolean): void {
  for (const field of Object.values(type.getFields())) {
    const { needs } = field.extensions as { needs?: Needs }
    const { resolve } = field
    if (!needs || !resolve) throw new Error(`${type.name}.${field.name} does not say which right it needs`)
    field.resolve = async (parent, args, ask: Ask, info) => {
      if (isMutation) await ask.beginMutation()
      permit(ask, needs.can, needs.own)
      return resolve(parent, args, ask, info)
    }
  }
}

/** What every operation asks for, by `Query.users`. */
export function operationNeeds(): Record<string, Needs> {
  const schema = getSchema()
  const types = [schema.getQueryType(), schema.getMutationType()].filter((type) => type != null)
  return Object.fromEntries(
    types.flatMap((type) =>
      Object.values(type.getFields()).map((field) => [
        `${type.name}.${field.name}`,
        (field.extensions as { needs: Needs }).needs,
      ]),
    ),
  )
}

/** The text of `schema.graphql`. */
export const schemaText = (): string => `${printSchema(lexicographicSortSchema(getSchema()))}\n`
