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
  isInterfaceType,
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
export const MAX_NODES = 10_000
/** Values that it may ask for: each field as often as the object it stands in. */
const MAX_VALUES = 200_000
/** Fields, each counted as often as fragments repeat it. */
const MAX_FIELDS = 1_000
/** Fields in one place that go by one name: validation compares each with each. */
const MAX_SAME_NAMES = 50
const MAX_MUTATIONS = 10
/** Of `__type` in a query; `__schema` may stand there once. */
const MAX_TYPES_ASKED = 10
/** How long a list within an object is taken to be; the true length is counted when it is read. */
const USUAL_LIST = 5

type Variables = Readonly<Record<string, unknown>>

interface Walk {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  variables: Variables
  fields: number
  nodes: number
  values: number
  mutations: number
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
  const newWalk = (known: Variables): Walk => ({
    ...{ schema, fragments, variables: known, names: new Map() },
    ...{ fields: 0, nodes: 0, values: 0, mutations: 0 },
  })
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const type = schema.getRootType(definition.operation) ?? null
    const known = { ...defaultsOf(definition), ...variables }
    visit(newWalk(known), definition.selectionSet, { type, depth: 1, times: 1, path: '', within: [] })
  }
  // Unused fragments are validated as well, so they may not run in circles or be without end either.
  const walk = newWalk(variables)
  for (const { name, selectionSet } of fragments.values()) {
    const place = { type: null, depth: 1, times: 0, path: name.value, within: [name.value] }
    visit(walk, selectionSet, place)
  }
}

/** What variables are when they are not sent. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, 'value' in defaultValue ? defaultValue.value : null]] : [],
    ),
  )
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
  // Introspection is deep by nature; how often it may go in circles is a rule of validation.
  const isIntrospection = /^__(schema|type)$/.test(name) || type?.name.startsWith('__') === true
  // There the same is never asked for twice, whatever it is to be called.
  const path = `${place.path}/${(isIntrospection ? node.name : (node.alias ?? node.name)).value}`
  refuseRepeated(walk, path, isIntrospection ? (name === '__type' ? MAX_TYPES_ASKED : 1) : MAX_SAME_NAMES)
  if (type !== null && type === walk.schema.getMutationType()) countMutation(walk)
  const field = fieldOf(type, name)
  const length = field ? lengthOf(field, node, walk) : null
  const many = times * (length ?? 1)
  countField(walk, field, times, length)
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

function refuseRepeated({ names }: Walk, path: string, most: number): void {
  const count = (names.get(path) ?? 0) + 1
  if (count > most) throw tooLarge(`At most ${most} fields of one name in one place`)
  names.set(path, count)
}

function countMutation(walk: Walk): void {
  walk.mutations += 1
  if (walk.mutations > MAX_MUTATIONS) throw tooLarge(`At most ${MAX_MUTATIONS} mutations in one request`)
}

/** @param length of the list that the field is; null for what is none */
function countField(walk: Walk, field: AnyField | undefined, times: number, length: number | null): void {
  const { cost = 1 } = (field?.extensions ?? {}) as { cost?: number }
  walk.values += times * cost
  if (length !== null) walk.nodes += times * length
  if (walk.nodes > MAX_NODES)
    throw tooLarge(
      `A query may ask for ${MAX_NODES} objects, by the lengths of its lists: ask for shorter ones`,
    )
  if (walk.values > MAX_VALUES)
    throw tooLarge(`A query may ask for ${MAX_VALUES} values: ask for fewer fields or shorter lists`)
}

type AnyField = GraphQLField<unknown, unknown>

function fieldOf(type: GraphQLCompositeType | null, name: string): AnyField | undefined {
  return type && !isUnionType(type) ? type.getFields()[name] : undefined
}

function compositeOf(field: AnyField | undefined): GraphQLCompositeType | null {
  const type = field ? getNamedType(field.type) : null
  return type && isCompositeType(type) ? type : null
}

function introspectionType(
  walk: Walk,
  name: string,
  field: AnyField | undefined,
): GraphQLCompositeType | null {
  if (name === '__schema') return typeNamed(walk, '__Schema')
  return name === '__type' ? typeNamed(walk, '__Type') : compositeOf(field)
}

/**
 * How many objects a list has: as many as its arguments ask for, or a usual number for one without any. Null for what is
 * no list, for the parts of a connection, which has been counted, and in introspection.
 */
function lengthOf(field: AnyField, node: FieldNode, { schema, variables }: Walk): number | null {
  const type = getNamedType(field.type)
  if (!isCompositeType(type) || type.name.startsWith('__') || type.name.endsWith('Edge')) return null
  if (isListType(getNullableType(field.type))) {
    // None are stored.
    if (isAnnotation(schema, type)) return 0
    return schema.getQueryType()?.getFields()[field.name] === field ? USUAL_LENGTH : USUAL_LIST
  }
  if (!field.args.some(({ name }) => name === 'first')) return null
  const asked = (name: string) => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value
    return value ? integerOf(value, variables) : null
  }
  return Math.max(0, asked('last') ?? asked('first') ?? USUAL_LENGTH)
}

const isAnnotation = (schema: GraphQLSchema, type: GraphQLCompositeType) => {
  const annotation = schema.getType('Annotation')
  return isObjectType(type) && isInterfaceType(annotation) && schema.isSubType(annotation, type)
}

function integerOf(value: ValueNode, variables: Variables): number | null {
  const number =
    value.kind === Kind.VARIABLE ? variables[value.name.value] : 'value' in value ? value.value : null
  const integer = number === null || number === undefined ? Number.NaN : Number(number)
  return Number.isFinite(integer) ? integer : null
}

const tooLarge = (sentence: string) => new AppError('too_large', sentence)
