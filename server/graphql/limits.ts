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
/** Fields in one place that go by one name: validation compares each with each. */
const MAX_SAME_NAMES = 50
const MAX_MUTATIONS = 10

type Variables = Readonly<Record<string, unknown>>

interface Walk {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  variables: Variables
  fields: number
  nodes: number
  /** How many fields there are at each path. */
  names: Map<string, number>
}

interface Place {
  /** Null below a field that the schema does not know, and in introspection. */
  type: GraphQLCompositeType | null
  depth: number
  /** How many objects the field stands in. */
  times: number
  /** Names of the fields that lead here. */
  path: string
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
  const newWalk = (): Walk => ({ schema, fragments, variables, fields: 0, nodes: 0, names: new Map() })
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const type = schema.getRootType(definition.operation) ?? null
    refuseManyMutations(definition)
    visit(newWalk(), definition.selectionSet, { type, depth: 1, times: 1, path: '', within: [] })
  }
  // Unused fragments are validated as well, so they may not run in circles or be without end either.
  const walk = newWalk()
  for (const { name, selectionSet } of fragments.values()) {
    const place = { type: null, depth: 1, times: 0, path: name.value, within: [name.value] }
    visit(walk, selectionSet, place)
  }
}

function refuseManyMutations({ operation, selectionSet }: OperationDefinitionNode): void {
  if (operation === 'mutation' && selectionSet.selections.length > MAX_MUTATIONS)
    throw tooLarge(`At most ${MAX_MUTATIONS} mutations in one request`)
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

function visitField(walk: Walk, node: FieldNode, place: Place): void {
  const name = node.name.value
  const { type, depth, times, within } = place
  const path = `${place.path}/${(node.alias ?? node.name).value}`
  refuseRepeated(walk, path)
  // Introspection is deep by nature; how often it may go in circles is a rule of validation.
  const isIntrospection = name.startsWith('__') || type?.name.startsWith('__') === true
  const field = fieldOf(type, name)
  const many = field ? times * lengthOf(field, node, walk.variables) : times
  if (field && type && !isWrapper(type) && isCompositeType(getNamedType(field.type))) walk.nodes += many
  if (walk.nodes > MAX_NODES)
    throw tooLarge(
      `A query may ask for ${MAX_NODES} objects, by the lengths of its lists: ask for shorter ones`,
    )
  if (!node.selectionSet) return
  if (depth > MAX_DEPTH && !isIntrospection) throw tooLarge(`A query may be ${MAX_DEPTH} levels deep`)
  visit(walk, node.selectionSet, {
    type: isIntrospection ? introspectionType(walk, name, field) : compositeOf(field),
    depth: isIntrospection ? depth : depth + 1,
    times: many,
    path,
    within,
  })
}

function refuseRepeated({ names }: Walk, path: string): void {
  const count = (names.get(path) ?? 0) + 1
  if (count > MAX_SAME_NAMES) throw tooLarge(`At most ${MAX_SAME_NAMES} fields of one name in one place`)
  names.set(path, count)
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

const isEdges = (type: GraphQLCompositeType) => type.name.endsWith('Edge')
/** The connection has been counted for as many objects as it may have edges. */
const isWrapper = (type: GraphQLCompositeType) => /(Connection|Edge)$/.test(type.name)

function integerOf(value: ValueNode, variables: Variables): number | null {
  const number =
    value.kind === Kind.VARIABLE ? variables[value.name.value] : 'value' in value ? value.value : null
  const integer = number === null || number === undefined ? Number.NaN : Number(number)
  return Number.isFinite(integer) ? integer : null
}

const tooLarge = (sentence: string) => new AppError('too_large', sentence)
