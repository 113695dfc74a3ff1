/**
 * The places that attributes hang at. They outlive the span, because keys repeat from span to span: what a span puts
 * into its tree is only which of them it uses, and with what. A stamp tells the uses of one span from those of another,
 * so that nothing need be cleaned up.
 */
/** What a place holds itself; children are counted apart. */
export const EMPTY = 0
export const TEXT = 1
/** A text whose JSON is meant. */
export const JSON_TEXT = 2
export const INTEGER = 3
export const DOUBLE = 4
export const TRUE = 5
export const FALSE = 6
export const LIST = 7

export class Place {
  /** Null for the root. */
  readonly parent: Place | null
  /** The name in its object, ready to be written; null for an element of a list. */
  readonly label: Uint8Array | null
  /** The index in its list. */
  readonly index: number
  // The places below that any span has used.
  names: Map<string, Place> | null = null
  slots: Map<number, Place> | null = null

  // All that follows is the last span's that used this place.
  stamp = 0
  /** The next one with the same parent, in the order in which the span came to them. */
  next: Place | null = null
  first: Place | null = null
  last: Place | null = null
  firstSlot: Place | null = null
  lastSlot: Place | null = null
  isSorted = true
  type = EMPTY
  /** Where the value lies; for a list, its message. */
  start = 0
  end = 0

  constructor(parent: Place | null, label: Uint8Array | null, index: number) {
    this.parent = parent
    this.label = label
    this.index = index
  }
}

/** The tree of one span, made of places. */
export class PlaceTree {
  readonly root = new Place(null, null, -1)
  /**
   * Two things want the same place: a value and something below it, a list and names, a value twice. What then becomes
   * of them is said once, in attribute-tree.ts.
   */
  hasConflict = false
  #stamp = 0

  /** Forgets the last span. */
  begin(): void {
    this.#stamp += 1
    this.hasConflict = false
    this.#clear(this.root)
  }

  /** Whether the span uses this place, itself or for what lies below. */
  isUsed(place: Place): boolean {
    return place.stamp === this.#stamp
  }

  /** Puts a value at a place, its bytes at `start` to `end`. */
  put(place: Place, type: number, start: number, end: number): void {
    this.#use(place)
    if (place.type !== EMPTY || place.first !== null || place.firstSlot !== null) this.hasConflict = true
    place.type = type
    place.start = start
    place.end = end
  }

  #use(place: Place): void {
    const { parent } = place
    if (place.stamp === this.#stamp || parent === null) return
    this.#use(parent)
    this.#clear(place)
    if (parent.type !== EMPTY) this.hasConflict = true
    if (place.label === null) this.#addSlot(parent, place)
    else this.#addName(parent, place)
  }

  #clear(place: Place): void {
    place.stamp = this.#stamp
    place.next = null
    place.first = null
    place.last = null
    place.firstSlot = null
    place.lastSlot = null
    place.isSorted = true
    place.type = EMPTY
  }

  #addName(parent: Place, place: Place): void {
    if (parent.firstSlot !== null) this.hasConflict = true
    if (parent.last === null) parent.first = place
    else parent.last.next = place
    parent.last = place
  }

  #addSlot(parent: Place, place: Place): void {
    if (parent.first !== null) this.hasConflict = true
    const { lastSlot } = parent
    if (lastSlot === null) parent.firstSlot = place
    else {
      lastSlot.next = place
      if (lastSlot.index > place.index) parent.isSorted = false
    }
    parent.lastSlot = place
  }
}

/** The elements of a list in the order of their indexes. */
export function slotsOf(place: Place): Place[] {
  const slots: Place[] = []
  for (let slot = place.firstSlot; slot !== null; slot = slot.next) slots.push(slot)
  return place.isSorted ? slots : slots.sort((a, b) => a.index - b.index)
}
