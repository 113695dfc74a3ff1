/**
 * Spans for measuring: as an application with an agent sends them, the same in every run with the same seed. Trees of
 * eight, now and then one of five hundred; of each tree the leaves come first and the root last, as spans end.
 */
import type { JsonKeyValue, JsonSpan } from '../../test/otlp'
import { makeContent, type SpanContent, type SpanRole, type Weight } from './contents'
import { SeededRandom } from './random'

export type { Weight } from './contents'

export interface GeneratorOptions {
  /** About 5 KB, or about 600 bytes, of protobuf for each span. */
  weight?: Weight
  /** Other seeds give other ids, never the same twice. */
  seed?: number
  /** Spans of an ordinary tree. */
  treeSpans?: number
  /** One tree in so many is a large one; 0 for none. */
  largeTreeEvery?: number
  largeTreeSpans?: number
  /** When the first tree starts, milliseconds since 1970. */
  startMs?: number
}

/** A span, its varying parts apart from the content it shares with others. */
export interface GeneratedSpan {
  /** Hexadecimal, 32 and 16 digits. The parent's id is empty for a root. */
  traceId: string
  spanId: string
  parentSpanId: string
  startNanos: bigint
  endNanos: bigint
  /** `session.id` and `user.id`. */
  identity: JsonKeyValue[]
  content: SpanContent
}

/** Of each kind of span so many contents: enough that two alike seldom meet within what gzip looks back on. */
const CONTENTS_PER_ROLE = 96
const ROLES: readonly SpanRole[] = ['AGENT', 'CHAIN', 'LLM', 'RETRIEVER', 'TOOL']
/** Which spans of a tree have which role, the root first; larger trees repeat all but the root. */
const TREE: readonly SpanRole[] = ['AGENT', 'CHAIN', 'RETRIEVER', 'LLM', 'TOOL', 'LLM', 'LLM', 'TOOL']
const CHILDREN_PER_SPAN = 3
const TREES_PER_SESSION = 5
/** 2026-01-05T09:00:00Z */
const DEFAULT_START_MS = 1_767_603_600_000
const MICROS_BETWEEN_TREES = 5_000n

/** Spans without end. */
export function* generateSpans(options: GeneratorOptions = {}): Generator<GeneratedSpan, never> {
  const { weight = 'heavy', seed = 1, treeSpans = 8, largeTreeEvery = 500, largeTreeSpans = 500 } = options
  const contents = makeContents(weight)
  const random = new SeededRandom(seed)
  const startNanos = BigInt(options.startMs ?? DEFAULT_START_MS) * 1_000_000n
  for (let tree = 0; ; tree++) {
    const isLarge = largeTreeEvery > 0 && tree % largeTreeEvery === largeTreeEvery - 1
    const at = startNanos + BigInt(tree) * MICROS_BETWEEN_TREES * 1_000n
    yield* makeTree({ random, contents, seed, tree, size: isLarge ? largeTreeSpans : treeSpans, at })
  }
}

/** The next so many spans of a generator. */
export function takeSpans(source: Iterator<GeneratedSpan>, count: number): GeneratedSpan[] {
  return Array.from({ length: count }, () => source.next().value as GeneratedSpan)
}

/** The span as it stands in OTLP's JSON. */
export function toJsonSpan(span: GeneratedSpan): JsonSpan {
  const { content, startNanos, endNanos } = span
  const { error } = content
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== '' && { parentSpanId: span.parentSpanId }),
    name: content.name,
    kind: 1,
    startTimeUnixNano: startNanos.toString(),
    endTimeUnixNano: endNanos.toString(),
    attributes: [...span.identity, ...content.attributes],
    ...(error && { events: [exceptionEvent(error, endNanos)] }),
    status: error ? { code: 2, message: error.message } : { code: 1 },
  }
}

function exceptionEvent(error: NonNullable<SpanContent['error']>, atNanos: bigint) {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  return {
    name: 'exception',
    timeUnixNano: atNanos.toString(),
    attributes: [
      attribute('exception.type', error.type),
      attribute('exception.message', error.message),
      attribute('exception.stacktrace', error.stack),
    ],
  }
}

const contentsByWeight = new Map<Weight, Map<SpanRole, SpanContent[]>>()

/** The contents of a weight, made once. Their seed is fixed: other seeds of the generator change ids alone. */
export function makeContents(weight: Weight): Map<SpanRole, SpanContent[]> {
  const known = contentsByWeight.get(weight)
  if (known) return known
  const random = new SeededRandom(weight === 'heavy' ? 5_000 : 600)
  const make = (role: SpanRole) =>
    Array.from({ length: CONTENTS_PER_ROLE }, () => makeContent(random, weight, role))
  const contents = new Map(ROLES.map((role) => [role, make(role)]))
  contentsByWeight.set(weight, contents)
  return contents
}

interface TreePlan {
  random: SeededRandom
  contents: Map<SpanRole, SpanContent[]>
  seed: number
  /** Counts trees, for sessions and users. */
  tree: number
  size: number
  at: bigint
}

function* makeTree({ random, contents, seed, tree, size, at }: TreePlan): Generator<GeneratedSpan> {
  const traceId = random.hex(16)
  const ids = Array.from({ length: size }, () => random.hex(8))
  const identity = identityOf(seed, tree)
  // A child starts after its parent and ends before it.
  const wholeNanos = BigInt(size * 10 + random.below(2_000)) * 1_000_000n
  for (let index = size - 1; index >= 0; index--) {
    const role = index === 0 ? 'AGENT' : (TREE[1 + ((index - 1) % (TREE.length - 1))] as SpanRole)
    const within = BigInt(index) * 3_000_000n
    yield {
      traceId,
      spanId: ids[index] as string,
      parentSpanId: index === 0 ? '' : (ids[Math.floor((index - 1) / CHILDREN_PER_SPAN)] as string),
      startNanos: at + within,
      endNanos: at + wholeNanos - within,
      identity,
      content: random.pick(contents.get(role) as SpanContent[]),
    }
  }
}

/** The same session for some trees, the same user for some sessions. */
function identityOf(seed: number, tree: number): JsonKeyValue[] {
  const session = Math.floor(tree / TREES_PER_SESSION)
  const digits = new SeededRandom(Math.imul(seed, 0x01000193) ^ session).hex(6)
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  return [attribute('session.id', `session-${digits}`), attribute('user.id', `user-${session % 997}`)]
}
