/** Keys of attributes, found again by their bytes: each is decoded and cut at its dots once. */
import { cutKey } from '#server/otlp/attribute-tree'
import type { WireReader } from '#server/otlp/wire/reader'
import { readText } from '#server/otlp/wire/text'
import { Place, PlaceTree } from '#server/otlp/wire/tree'

/** A key that was seen before. */
export interface KnownKey {
  /** Where its bytes lie in the table's memory. */
  at: number
  length: number
  place: Place
  treatment: 'parseJson' | 'toInteger' | null
  /** The key that came after it the last time: the first to be tried. */
  successor: KnownKey | null
}

interface ColumnPlaces {
  kind: Place
  input: Place
  output: Place
  /** The first that is there names the model. */
  models: Place[]
  session: Place
  user: Place
  promptTokens: Place
  completionTokens: Place
  /** All of them that hold text. */
  texts: Place[]
}

// Bounded, because a sender may make keys up.
const MAX_KEYS = 8192
const MAX_PLACES = 4 * MAX_KEYS
const MEMORY_BYTES = 512 * 1024
/** Two places for each hash: a key that finds both taken by others drives one out. */
const BUCKETS = 2 * MAX_KEYS
/** Indexes beyond are left to whoever reads attributes one by one. */
const MAX_INDEX_DIGITS = 9
/** Keys with more levels are not worth learning: no convention has any, and each level takes a place. */
const MAX_LEVELS = 16

export class KeyTable {
  readonly tree = new PlaceTree()
  readonly #labelOf: (name: string) => Uint8Array
  readonly #bytes = Buffer.alloc(MEMORY_BYTES)
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, MEMORY_BYTES)
  readonly #buckets: (KnownKey | null)[] = new Array(BUCKETS).fill(null)
  #used = 0
  #keys = 0
  #places = 0
  #previous: KnownKey | null = null
  /** What stands in columns of its own. */
  readonly columns: ColumnPlaces
  /** Nothing can be learned any more: time to begin a new table. */
  isFull = false

  /** @param labelOf the form in which names of members are written */
  constructor(labelOf: (name: string) => Uint8Array) {
    this.#labelOf = labelOf
    const kind = this.#at('openinference', 'span', 'kind')
    const input = this.#at('input', 'value')
    const output = this.#at('output', 'value')
    const session = this.#at('session', 'id')
    const user = this.#at('user', 'id')
    const models = ['llm', 'embedding', 'reranker'].map((owner) => this.#at(owner, 'model_name'))
    const texts = [kind, input, output, session, user, ...models]
    const promptTokens = this.#at('llm', 'token_count', 'prompt')
    const completionTokens = this.#at('llm', 'token_count', 'completion')
    this.columns = { kind, input, output, models, session, user, texts, promptTokens, completionTokens }
  }

  /** A place below names. */
  #at(...names: string[]): Place {
    return names.reduce((place, name) => this.#child(place, name), this.tree.root)
  }

  /** To be called at the start of each span. */
  begin(): void {
    this.#previous = null
    this.tree.begin()
  }

  /**
   * The key of these bytes; null for one that asks for more than a place in the tree, and when the table is full.
   * It is the caller who sees to it that the bytes are there.
   */
  find(reader: WireReader, start: number, end: number): KnownKey | null {
    const length = end - start
    const previous = this.#previous
    const guess = previous?.successor ?? null
    if (guess !== null && guess.length === length && this.#isAt(reader, start, guess)) {
      this.#previous = guess
      return guess
    }
    const key = this.#lookUp(reader, start, end)
    if (previous !== null) previous.successor = key
    this.#previous = key
    return key
  }

  #isAt({ bytes, view }: WireReader, start: number, key: KnownKey): boolean {
    const own = this.#view
    const { at, length } = key
    let index = 0
    for (; index <= length - 4; index += 4) {
      if (view.getInt32(start + index, true) !== own.getInt32(at + index, true)) return false
    }
    for (; index < length; index++) {
      if (bytes[start + index] !== own.getUint8(at + index)) return false
    }
    return true
  }

  #lookUp(reader: WireReader, start: number, end: number): KnownKey | null {
    const { bytes } = reader
    let hash = 0x811c9dc5
    for (let index = start; index < end; index++)
      hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
    const bucket = (hash >>> 2) & (BUCKETS - 2)
    const first = this.#buckets[bucket] as KnownKey | null
    if (first !== null && first.length === end - start && this.#isAt(reader, start, first)) return first
    const second = this.#buckets[bucket + 1] as KnownKey | null
    if (second !== null && second.length === end - start && this.#isAt(reader, start, second)) return second
    const key = this.#learn(reader, start, end)
    if (key === null) return null
    this.#buckets[bucket + 1] = first
    this.#buckets[bucket] = key
    return key
  }

  #learn(reader: WireReader, start: number, end: number): KnownKey | null {
    const text = readText(reader.bytes, start, end)
    // What must be cleaned, or adds other attributes, is not for us.
    if (text.startsWith('gen_ai.') || /[\0\ufffd]/.test(text)) return null
    const length = end - start
    if (this.#keys >= MAX_KEYS || this.#places >= MAX_PLACES || this.#used + length > MEMORY_BYTES) {
      this.isFull = true
      return null
    }
    const { segments, treatment } = cutKey(text)
    if (segments.length > MAX_LEVELS) return null
    const place = this.#placeOf(segments)
    if (place === null) return null
    reader.bytes.copy(this.#bytes, this.#used, start, end)
    const key = { at: this.#used, length, place, treatment, successor: null }
    this.#used += length
    this.#keys += 1
    return key
  }

  /** The place of a key's segments; null when an index is out of all reason. */
  #placeOf(segments: readonly string[]): Place | null {
    let place = this.tree.root
    const last = segments.length - 1
    for (let depth = 0; depth <= last; depth++) {
      const segment = segments[depth] as string
      if (depth > 0 && depth < last && /^[0-9]+$/.test(segment)) {
        if (segment.length > MAX_INDEX_DIGITS) return null
        place = this.#slot(place, Number(segment))
      } else place = this.#child(place, segment)
    }
    return place
  }

  #child(parent: Place, name: string): Place {
    parent.names ??= new Map()
    let place = parent.names.get(name)
    if (!place) {
      place = new Place(parent, this.#labelOf(name), -1)
      this.#places += 1
      parent.names.set(name, place)
    }
    return place
  }

  #slot(parent: Place, index: number): Place {
    parent.slots ??= new Map()
    let place = parent.slots.get(index)
    if (!place) {
      place = new Place(parent, null, index)
      this.#places += 1
      parent.slots.set(index, place)
    }
    return place
  }
}
