/**
 * Flat attributes with dotted keys become one tree: `llm.token_count.prompt` lies in `llm`, then `token_count`. The
 * rules stand in docs/ingest.md; in short: a number between two other names is a list index, and whatever finds its
 * place taken keeps its dotted name beside it, so nothing is lost.
 */
import { MAX_SPAN_LEVELS, OverBudget, TOO_MANY_LEVELS } from '#server/otlp/budget'
import { type Attribute, MAX_VALUE_DEPTH, type Value, type ValueMap } from '#server/otlp/model'

/** What is done to a value because of its key, before it goes into the tree. */
type Treatment = 'parseJson' | 'toInteger' | null

/** A key cut at its dots. */
export interface KeyPath {
  segments: readonly string[]
  /** The segments joined again: `a..b` and ` a.b` are the key `a.b`. */
  canonical: string
  treatment: Treatment
}

const JSON_SUFFIXES = ['metadata', 'tool.parameters', 'llm.prompt_template.variables']
const INTEGER_KEYS = new Set([
  'llm.token_count.prompt',
  'llm.token_count.completion',
  'llm.token_count.total',
])

/** Keys repeat from span to span: each is cut once. Bounded, because a sender may make keys up. */
const paths = new Map<string, KeyPath>()
const MAX_REMEMBERED = 5_000
const MAX_REMEMBERED_LENGTH = 200

/** Cuts a key; deeper than the limit, the rest stays one dotted segment. */
export function keyPath(key: string): KeyPath {
  const known = paths.get(key)
  if (known) return known
  const path = cutKey(key)
  if (key.length <= MAX_REMEMBERED_LENGTH) {
    if (paths.size >= MAX_REMEMBERED) paths.clear()
    paths.set(key, path)
  }
  return path
}

/** The same, without remembering it. */
export function cutKey(key: string): KeyPath {
  let segments = key
    .split('.')
    .map((segment) => segment.trim())
    .filter((segment) => segment !== '')
  if (segments.length === 0) segments = ['']
  const canonical = segments.join('.')
  if (segments.length > MAX_VALUE_DEPTH) {
    segments = [...segments.slice(0, MAX_VALUE_DEPTH - 1), segments.slice(MAX_VALUE_DEPTH - 1).join('.')]
  }
  return { segments, canonical, treatment: treatmentOf(canonical) }
}

function treatmentOf(canonical: string): Treatment {
  if (INTEGER_KEYS.has(canonical)) return 'toInteger'
  return JSON_SUFFIXES.some((suffix) => canonical.endsWith(suffix)) ? 'parseJson' : null
}

/** Places by name, in the order they came. Most are alone, and a map for each would cost more than all the rest. */
class Places {
  readonly #name: string
  readonly #first = new Place()
  #all: Map<string, Place> | null = null

  constructor(name: string) {
    this.#name = name
  }

  get first(): Place {
    return this.#first
  }

  get(name: string): Place | undefined {
    return name === this.#name ? this.#first : this.#all?.get(name)
  }

  add(name: string): Place {
    const place = new Place()
    this.#all ??= new Map([[this.#name, this.#first]])
    this.#all.set(name, place)
    return place
  }

  entries(): Iterable<[string, Place]> {
    return this.#all ?? [[this.#name, this.#first]]
  }
}

/** A place in the tree while it grows. */
class Place {
  /** Undefined while nothing was put here itself. */
  value: Value | undefined = undefined
  children: Places | null = null
  /** List elements by index, written without leading zeros. */
  slots: Places | null = null
}

/**
 * The tree of the attributes. Values without content are left out; of one key twice, the last counts.
 * @throws OverBudget when the keys make too many places, and what `treat` throws
 */
export function buildTree(
  attributes: Iterable<Attribute>,
  treat: (path: KeyPath, value: Value) => Value,
): ValueMap {
  const grower = new Grower()
  for (const [key, sent] of attributes) {
    if (sent === null) continue
    const path = keyPath(key)
    const value = path.treatment === null ? sent : treat(path, sent)
    if (value !== null) grower.placeFor(path.segments).value = value
  }
  const tree: ValueMap = new Map()
  for (const [name, child] of grower.root.children?.entries() ?? []) settle(tree, name, child)
  return tree
}

class Grower {
  readonly root = new Place()
  #places = 0

  placeFor(segments: readonly string[]): Place {
    let place = this.root
    const last = segments.length - 1
    for (let index = 0; index <= last; index++) {
      const segment = segments[index] as string
      // At the very top and at the very end a number is a name.
      place =
        index > 0 && index < last && isIndex(segment)
          ? this.#slot(place, segment)
          : this.#child(place, segment)
    }
    return place
  }

  #child(place: Place, name: string): Place {
    const known = place.children?.get(name)
    if (known) return known
    this.#count()
    if (place.children) return place.children.add(name)
    place.children = new Places(name)
    return place.children.first
  }

  #slot(place: Place, digits: string): Place {
    const index = digits.replace(/^0+(?=.)/, '')
    const known = place.slots?.get(index)
    if (known) return known
    this.#count()
    if (place.slots) return place.slots.add(index)
    place.slots = new Places(index)
    return place.slots.first
  }

  #count(): void {
    this.#places += 1
    if (this.#places > MAX_SPAN_LEVELS) throw new OverBudget(TOO_MANY_LEVELS)
  }
}

const isIndex = (segment: string) => segment.charCodeAt(0) <= 0x39 && /^[0-9]+$/.test(segment)

/**
 * Puts what grew at a place into its object. The value comes first, then the list, then the object; who comes too late
 * for the name stays beside it under the dotted one.
 */
function settle(object: ValueMap, name: string, place: Place): void {
  if (place.value !== undefined) {
    object.set(name, place.value)
    settleBeside(object, name, place.children)
    settleBeside(object, name, place.slots)
  } else if (place.slots) {
    object.set(name, settleList(object, name, place.slots))
    settleBeside(object, name, place.children)
  } else {
    object.set(name, settleObject(place))
  }
}

function settleBeside(object: ValueMap, name: string, places: Places | null): void {
  for (const [segment, place] of places?.entries() ?? []) settle(object, `${name}.${segment}`, place)
}

function settleObject(place: Place): ValueMap {
  const object: ValueMap = new Map()
  for (const [name, child] of place.children?.entries() ?? []) settle(object, name, child)
  return object
}

/** Gaps are closed: the elements stand in the order of their indexes. */
function settleList(object: ValueMap, name: string, slots: Places): Value[] {
  return [...slots.entries()].sort(byIndex).map(([index, slot]) => {
    if (!slot.slots) return settleObject(slot)
    // A list in a list has no object of its own to leave the rest beside it: the next one outwards takes it.
    const path = `${name}.${index}`
    settleBeside(object, path, slot.children)
    return settleList(object, path, slot.slots)
  })
}

/** Numbers of any length, without leading zeros. */
function byIndex([a]: [string, Place], [b]: [string, Place]): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

/** The value at a path of a tree, through maps only; undefined when there is none. */
export function valueAt(tree: ValueMap, ...path: string[]): Value | undefined {
  let value: Value | undefined = tree
  for (const name of path) {
    if (!(value instanceof Map)) return undefined
    value = value.get(name)
  }
  return value
}
