/** Where the spans of an ExportTraceServiceRequest lie, without reading them. */
import { OverBudget } from '#server/otlp/budget'
import { MAX_VALUE_DEPTH, PROJECT_ATTRIBUTE, projectOf } from '#server/otlp/model'
import { readAttribute, TooDeep } from '#server/otlp/protobuf-fields'
import { LEN, tagOf, type WireReader } from '#server/otlp/wire/reader'

const NOWHERE = -1

/** Goes from span to span. Until `next` is called again, the reader may be moved about. */
export class SpanCursor {
  /** Of the resource that the span belongs to. */
  resourceProject: string | null = null
  /** The span's message. */
  start = 0
  end = 0
  readonly #reader: WireReader
  #groupEnd = NOWHERE
  #scopeEnd = NOWHERE

  constructor(reader: WireReader) {
    this.#reader = reader
  }

  /**
   * Moves to the next span; false when there is none left.
   * @throws Malformed
   */
  next(): boolean {
    const reader = this.#reader
    reader.pos = this.end
    for (;;) {
      if (this.#scopeEnd !== NOWHERE) {
        if (findField(reader, 2, this.#scopeEnd)) {
          this.end = reader.end()
          this.start = reader.pos
          return true
        }
        this.#scopeEnd = NOWHERE
      } else if (this.#groupEnd !== NOWHERE) {
        if (findField(reader, 2, this.#groupEnd)) this.#scopeEnd = reader.end()
        else this.#groupEnd = NOWHERE
      } else if (findField(reader, 1, reader.bytes.length)) {
        this.#groupEnd = reader.end()
        this.resourceProject = readProject(reader, this.#groupEnd)
      } else {
        this.end = reader.pos
        return false
      }
    }
  }

  /**
   * How many spans are left. Looks through all of them, without keeping any, so that nothing wrong with them shows up
   * later, and comes back to where it was.
   * @throws Malformed
   */
  countRest(): number {
    const { start, end, resourceProject } = this
    const groupEnd = this.#groupEnd
    const scopeEnd = this.#scopeEnd
    let count = 0
    while (this.next()) {
      this.#reader.pos = this.start
      check(this.#reader, this.end, SPAN, 0)
      count += 1
    }
    Object.assign(this, { start, end, resourceProject })
    this.#groupEnd = groupEnd
    this.#scopeEnd = scopeEnd
    return count
  }
}

/** Moves to the message in the next field of this number; false at the end. */
function findField(reader: WireReader, field: number, end: number): boolean {
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(field, LEN)) return true
    reader.skip(tag)
  }
  reader.checkEnd(end)
  return false
}

/** The project of a group's resource, which may come after its spans. Comes back to where it was. */
function readProject(reader: WireReader, end: number): string | null {
  const start = reader.pos
  let project: string | null = null
  while (findField(reader, 1, end)) {
    const found = readResource(reader, reader.end())
    project ??= found
  }
  reader.pos = start
  return project
}

function readResource(reader: WireReader, end: number): string | null {
  let project: string | null = null
  while (findField(reader, 1, end)) {
    const attributeEnd = reader.end()
    const { pos } = reader
    const isProject = namesProject(reader, attributeEnd)
    check(reader, attributeEnd, KEY_VALUE, 0)
    if (!isProject || project !== null) continue
    reader.pos = pos
    reader.values.reset()
    try {
      project = projectOf([readAttribute(reader, attributeEnd, 0)])
    } catch (error) {
      // Only a text matters: a value nested too deeply, or too large, is none of our business.
      if (!(error instanceof TooDeep || error instanceof OverBudget)) throw error
      reader.pos = attributeEnd
    }
  }
  return project
}

/** Whether it is the attribute whose value matters. Comes back to where it was. */
function namesProject(reader: WireReader, end: number): boolean {
  const { pos } = reader
  let key = false
  while (findField(reader, 1, end)) {
    const keyEnd = reader.end()
    key =
      keyEnd - reader.pos === PROJECT_ATTRIBUTE.length &&
      reader.bytes.toString('latin1', reader.pos, keyEnd) === PROJECT_ATTRIBUTE
    reader.pos = keyEnd
  }
  reader.pos = pos
  return key
}

/** The messages inside a message, by field number. */
type Shape = { [field: number]: Shape | undefined }
const VALUE: Shape = {}
const KEY_VALUE: Shape = { 2: VALUE }
Object.assign(VALUE, { 5: { 1: VALUE }, 6: { 1: KEY_VALUE } })
const SPAN: Shape = { 9: KEY_VALUE, 11: { 3: KEY_VALUE }, 15: {} }

/** Looks whether a message can be read. A value nested too deeply is not looked into: its span will be rejected. */
function check(reader: WireReader, end: number, shape: Shape, depth: number): void {
  while (reader.pos < end) {
    const tag = reader.tag()
    const inner = (tag & 7) === LEN ? shape[tag >>> 3] : undefined
    if (inner === undefined) reader.skip(tag)
    else if (inner !== VALUE) check(reader, reader.end(), inner, depth)
    else if (depth > MAX_VALUE_DEPTH) reader.pos = reader.end()
    else check(reader, reader.end(), inner, depth + 1)
  }
  reader.checkEnd(end)
}
