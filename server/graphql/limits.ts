/** What a query may cost, judged before anything is validated or run. One walk, which ends where a limit does. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { AppError } from '#server/errors'
import { USUAL_LENGTH } from '#server/graphql/connection'

/** Words and signs of a query: names, numbers, texts, brackets. */
export const MAX_TOKENS = 2_000
const MAX_DEPTH = 12
/** Objects that a query may ask for, by the lengths of its lists. */
const MAX_NODES = 10_000
/** Fields, each counted as often as fragments repeat it. */
const MAX_FIELDS = 1_000
const MAX_SAME_NAMES = 100
const MAX_MUTATIONS = 10

type Variables = Readonly<Record<string, unknown>>

interface Walk {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  variables: Variables
  fields: number
  nodes: number
}

interface Place {
  /** Null below a field that the schema does not know, and in introspection. */
  type: GraphQLCompositeType | null
  depth: number
  /** How many objects the field stands in. */
  times: number
  /** Fragments that lead here. */
  within: readonly string[]
}

/**
 * Refuses a document with an operation that goes beyond a limit.
 * @throws AppError too_large, or invalid (fragments in a circle), with the limit in a sentence
 */
export function refuseTooMuch(schema: GraphQLSchema, document: DocumentNode, variables: Variables): void {
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((definition) => [definition.name.value, definition]),
  )
  refuseRepeatedNames(document)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const walk: Walk = { schema, fragments, variables, fields: 0, nodes: 0 }
    const type = schema.getRootType(definition.operation) ?? null
    refuseManyMutations(definition)
    visit(walk, definition.selectionSet, { type, depth: 1, times: 1, within: [] })
  }
  // Unused fragments are validated as well, so they may not run in circles or be without end either.
  const walk: Walk = { schema, fragments, variables, fields: 0, nodes: 0 }
  for (const { name, selectionSet } of fragments.values())
    visit(walk, selectionSet, { type: null, depth: 1, times: 0, within: [name.value] })
}

function refuseManyMutations({ operation, selectionSet }: OperationDefinitionNode): void {
  if (operation === 'mutation' && selectionSet.selections.length > MAX_MUTATIONS)
    throw tooLarge(`At most ${MAX_MUTATIONS} mutations in one request`)
}

/** Validation compares all fields of one name with each other. */
function refuseRepeatedNames(document: DocumentNode): void {
  const counts = new Map<string, number>()
  const pending: SelectionSetNode[] = document.definitions.flatMap((each) =>
    'selectionSet' in each && each.selectionSet ? each.selectionSet : [],
  )
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        const count = (counts.get(name) ?? 0) + 1
        if (count > MAX_SAME_NAMES) throw tooLarge(`At most ${MAX_SAME_NAMES} fields of one name in a query`)
        counts.set(name, count)
      }
      if ('selectionSet' in selection && selection.selectionSet) pending.push(selection.selectionSet)
    }
  }
}

function visit(walk: Walk, set: SelectionSetNode, place: Place): void {
  for (const selection of set.selections) {
    walk.fields += 1
    if (walk.fields > MAX_FIELDS) throw tooLarge(`At most ${MAX_FIELDS} fields in a query`)
    if (selection.kind === Kind.FIELD) visitField(walk, selection, place)
    else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value
      visit(walk, selection.selectionSet, { ...place, type: typeNamed(walk, name) ?? place.type })
    } else visitFragment(walk, selection.name.value, place)
  }
}

function visitFragment(walk: Walk, name: string, place: Place): void {
  if (place.within.includes(name))
    throw new AppError('invalid', `The fragment ${name.slice(0, 100)} leads back to itself`)
  const fragment = walk.fragments.get(name)
  if (!fragment) return
  const type = typeNamed(walk, fragment.typeCondition.name.value) ?? place.type
  visit(walk, fragment.selectionSet, { ...place, type, within: [...place.within, name] })
}

function typeNamed({ schema }: Walk, name: string | undefined): GraphQLCompositeType | null {
  const type = name === undefined ? undefined : schema.getType(name)
  return type && isCompositeType(type) ? type : null
}

function visitField(walk: Walk, node: FieldNode, { type, depth, times, within }: Place): void {
  const name = node.name.value
  // Introspection is deep by nature; how often it may go in circles is a rule of validation.
  const isIntrospection = name.startsWith('__') || type?.name.startsWith('__') === true
  if (depth > MAX_DEPTH && !isIntrospection) throw tooLarge(`A query may be ${MAX_DEPTH} levels deep`)
  const field = fieldOf(type, name)
  const many = field ? times * lengthOf(field, node, walk.variables) : times
  if (field && isCompositeType(getNamedType(field.type))) walk.nodes += many
  if (walk.nodes > MAX_NODES)
    throw tooLarge(
      `A query may ask for ${MAX_NODES} objects, by the lengths of its lists: ask for shorter ones`,
    )
  if (!node.selectionSet) return
  const next = isIntrospection ? introspectionType(walk, name, field) : compositeOf(field)
  visit(walk, node.selectionSet, {
    type: next,
    depth: isIntrospection ? depth : depth + 1,
    times: many,
    within,
  })
}

function fieldOf(type: GraphQLCompositeType | null, name: string) {
  return type && !isUnionType(type) ? type.getFields()[name] : undefined
}

function compositeOf(field: GraphQLField<unknown, unknown> | undefined): GraphQLCompositeType | null {
  const type = field ? getNamedType(field.type) : null
  return type && isCompositeType(type) ? type : null
}

function introspectionType(
  walk: Walk,
  name: string,
  field: GraphQLField<unknown, unknown> | undefined,
): GraphQLCompositeType | null {
  if (name === '__schema') return typeNamed(walk, '__Schema')
  return name === '__type' ? typeNamed(walk, '__Type') : compositeOf(field)
}

/** How many objects a field stands for: what its arguments ask for, or a usual number for lists without any. */
function lengthOf(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Variables): number {
  const type = getNamedType(field.type)
  if (!isCompositeType(type) || type.name.startsWith('__')) return 1
  if (isListType(getNullableType(field.type))) return isEdges(type) ? 1 : USUAL_LENGTH
  if (!field.args.some(({ name }) => name === 'first')) return 1
  const asked = (name: string) => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value
    return value ? integerOf(value, variables) : null
  }
  return Math.max(0, asked('last') ?? asked('first') ?? USUAL_LENGTH)
}

/** The connection itself has been counted for as many as it has edges. */
const isEdges = (type: GraphQLCompositeType) => isObjectType(type) && type.name.endsWith('Edge')

function integerOf(value: ValueNode, variables: Variables): number | null {
  const number =
    value.kind === Kind.VARIABLE ? variables[value.name.value] : 'value' in value ? value.value : null
  const integer = number === null || number === undefined ? Number.NaN : Number(number)
  return Number.isFinite(integer) ? integer : null
}

const tooLarge = (sentence: string) => new AppError('too_large', sentence)
