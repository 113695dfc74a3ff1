/**
 * OTLP requests made byte by byte, for what no encoder would write: fields in odd orders, messages in parts, unknown
 * fields, lengths longer than need be. Random ones are the same in every run with the same seed.
 */
import { SeededRandom } from '../scripts/bench/random'

export const VARINT = 0
export const I64 = 1
export const LEN = 2

/** A number of at most 64 bits, with so many bytes more than it needs. */
export function varint(value: number | bigint, more = 0): Buffer {
  const bytes: number[] = []
  if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
    let rest = value
    for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128)
    bytes.push(rest)
  } else {
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
  }
  for (let index = 0; index < more; index++) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 128
    bytes.push(0)
  }
  return Buffer.from(bytes)
}

export const tag = (field: number, wireType: number) => varint(field * 8 + wireType)

type Piece = Buffer | string

/** A field that holds bytes, a text or a message in pieces. */
export function field(number: number, ...content: (Piece | readonly Piece[])[]): Buffer {
  const bytes = Buffer.concat(
    content.flat().map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
  )
  return Buffer.concat([tag(number, LEN), varint(bytes.length), bytes])
}

export const varintField = (number: number, value: number | bigint, more = 0): Buffer =>
  Buffer.concat([tag(number, VARINT), varint(value, more)])

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(number, I64), bytes])
}

export function fixed64Field(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
  return Buffer.concat([tag(number, I64), bytes])
}

/** The forms of an AnyValue. */
export const anyValue = {
  text: (value: Buffer | string) => field(1, value),
  bool: (value: boolean) => varintField(2, value ? 1 : 0),
  int: (value: number | bigint) => varintField(3, value),
  double: (value: number) => doubleField(4, value),
  list: (items: readonly Buffer[]) =>
    field(
      5,
      items.map((item) => field(1, item)),
    ),
  map: (members: readonly Buffer[]) =>
    field(
      6,
      members.map((member) => field(1, member)),
    ),
  bytes: (value: Buffer) => field(7, value),
}

export const keyValue = (key: Buffer | string, value: Buffer): Buffer =>
  Buffer.concat([field(1, key), field(2, value)])

/** An attribute of a span. */
export const attribute = (key: Buffer | string, value: Buffer): Buffer => field(9, keyValue(key, value))

/** Ids and times of a sound span. */
export const IDS = Buffer.concat([
  field(1, Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
  field(2, Buffer.from('b7ad6b7169203331', 'hex')),
  fixed64Field(7, 1_704_164_645_123_456_999n),
  fixed64Field(8, 1_704_164_645_999_999_999n),
])

/** A request of spans, each given as the pieces of its message. */
export const request = (spans: readonly Buffer[]): Buffer =>
  field(
    1,
    field(
      2,
      spans.map((span) => field(2, span)),
    ),
  )

/** A request of one sound span with these fields beside its ids. */
export const requestWith = (...fields: (Buffer | readonly Buffer[])[]): Buffer =>
  request([Buffer.concat([IDS, ...fields.flat()])])

const KEYS = (
  'openinference.span.kind|input.value|input.mime_type|output.value|output.mime_type|session.id|user.id|metadata|my_metadata|' +
  'tag.tags|llm.model_name|embedding.model_name|reranker.model_name|llm.provider|llm.system|llm.invocation_parameters|' +
  'llm.token_count.prompt|llm.token_count.completion|llm.token_count.total|llm.token_count.prompt_details.cache_read|' +
  'llm.input_messages.0.message.role|llm.input_messages.0.message.content|llm.input_messages.1.message.role|' +
  'llm.input_messages.1.message.content|llm.input_messages.10.message.content|llm.output_messages.0.message.role|' +
  'llm.output_messages.0.message.tool_calls.0.tool_call.function.name|llm.tools.0.tool.json_schema|tool.parameters|' +
  'retrieval.documents.0.document.content|retrieval.documents.0.document.score|retrieval.documents.0.document.metadata|' +
  'retrieval.documents.2.document.id|llm.prompt_template.variables|http.request.method|http.status|net.peer|größe.überall|k\\"ey.b\tc'
).split('|')
/** Keys that ask for more than a place in the tree. */
const ODD_KEYS = (
  'a|a.b|a.0.b|a.1.b|a.c|a.01.b|a.0|a..b| a . b |.|..|0.x|1.x|x.999999999.y|x.99999999999999999999.y|input|input.value.q|llm|' +
  'session.id.x|session|__proto__.x|constructor|m.0.1.n|m.0.k|metadata.x|gen_ai.request.model|gen_ai.operation.name|' +
  'gen_ai.usage.input_tokens|gen_ai.conversation.id|nul\0.key|a.².b|openinference.span|output.value.z|user.id'
).split('|')
const TEXTS = [
  '',
  'LLM',
  'chain',
  'a plain text of some words, long enough for a few steps of the loop',
  'quote " backslash \\ newline \n tab \t return \r form \f back \b',
  'control \x01\x1f\x7f',
  'größer als 😀 日本語 \u2028 \ufffd',
  'NUL \0 in it',
  '  blanks around  ',
  '12',
  ' +7 ',
  'null',
  'x'.repeat(330),
  `${'long text, '.repeat(40)}ü "end"`,
  `${'long\n"text" '.repeat(40)}\0`,
  'é'.repeat(200),
  '😀'.repeat(120),
]
const JSON_TEXTS = [
  '{}',
  '[]',
  ' { "a" : 1 , "b" : [ true , false , null ] } ',
  '{"environment":"production","n":-12.5,"deep":{"x":[1,2,{"y":"z"}]}}',
  '{"b":1,"1":2,"a":3}',
  '{"a":1,"a":2}',
  '{"a":"\\u0041\\n"}',
  '{"big":9223372036854775807,"e":1e3,"whole":1.0,"neg":-0}',
  '{"n":0.1,"m":0.30000000000000004,"z":0}',
  '[1,2,]',
  '{"a":01}',
  '{"a":1',
  'nul',
  ' null ',
  'null',
  '"text"',
  '12345678901234567890',
  '1e999',
  '{"größe":"ü","k":"😀"}',
  `${'['.repeat(70)}${']'.repeat(70)}`,
  `{"t":"${'y'.repeat(400)}"}`,
]
const INTEGERS = [0n, 1n, 120n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]
const DOUBLES = [0, -0, 1, -2.5, 0.1, 1e300, 5e-324, 1e21, 123456789.125, Number.NaN, 1 / 0, -1 / 0]
/** What is no UTF-8. The generated code refuses these, we do not. */
const TORN = [
  [0xff],
  [0x61, 0xed, 0xa0, 0x80, 0x62],
  [0xf0, 0x9f, 0x98],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0x80, 0x41],
]

export interface RandomOptions {
  seed: number
  /** Texts may be anything but UTF-8. */
  torn?: boolean
}

/** Makes one request after the other; about half of the spans are such as exporters send. */
export class RandomMessages {
  readonly #random: SeededRandom
  readonly #torn: boolean
  #isOdd = false

  constructor({ seed, torn = false }: RandomOptions) {
    this.#random = new SeededRandom(seed)
    this.#torn = torn
  }

  next(): Buffer {
    const spans = Array.from({ length: this.#chance(6) ? 2 : 1 }, () => field(2, this.#span()))
    const resource = field(1, field(1, keyValue('openinference.project.name', anyValue.text(this.#text()))))
    return field(1, ...this.#shuffled([...(this.#chance(2) ? [resource] : []), field(2, ...spans)]))
  }

  #below(below: number): number {
    return this.#random.below(below)
  }

  #chance(oneIn: number): boolean {
    return this.#below(oneIn) === 0
  }

  /** Something rare, and only in spans that are to be odd. */
  #odd(oneIn: number): boolean {
    return this.#isOdd && this.#chance(oneIn)
  }

  #shuffled(parts: Buffer[]): Buffer[] {
    return this.#odd(3) ? parts.toSorted(() => this.#below(3) - 1) : parts
  }

  #span(): Buffer {
    this.#isOdd = this.#chance(2)
    const drawn = Array.from({ length: this.#below(14) }, () => this.#random.pick(KEYS))
    const keys = this.#isOdd ? drawn : [...new Set(drawn)]
    const attributes = keys.map((key) => field(9, ...this.#keyValue([key], 0)))
    const parts = [
      field(1, this.#odd(30) ? Buffer.alloc(16) : Buffer.from(this.#random.hex(16), 'hex')),
      field(2, Buffer.from(this.#random.hex(this.#odd(30) ? 9 : 8), 'hex')),
      ...(this.#chance(2)
        ? [field(4, this.#chance(8) ? Buffer.alloc(8) : Buffer.from(this.#random.hex(8), 'hex'))]
        : []),
      field(5, this.#text()),
      varintField(6, 1),
      fixed64Field(7, this.#time()),
      fixed64Field(8, this.#time()),
      ...attributes,
      ...(this.#chance(4) ? [field(11, ...this.#event()), field(11, ...this.#event())] : []),
      ...this.#status(),
    ]
    if (this.#odd(4)) parts.splice(this.#below(parts.length), 0, this.#unknown())
    return Buffer.concat(this.#shuffled(parts))
  }

  #time(): bigint {
    const usual = 1_704_164_645_123_456_789n + BigInt(this.#below(1e9))
    return this.#odd(10) ? this.#random.pick([0n, 1n, 999n, 2n ** 63n, 2n ** 64n - 1n]) : usual
  }

  #status(): Buffer[] {
    const code = varintField(3, this.#below(3))
    const message = field(2, this.#text())
    if (this.#odd(4)) return [field(15, message), field(15, code)]
    return this.#chance(2) ? [field(15, message, code)] : []
  }

  #event(): Buffer[] {
    const attributes = Array.from({ length: this.#below(4) }, () =>
      field(3, ...this.#keyValue(['exception.type', 'exception.message', 'k', 'a.b'], 0)),
    )
    const name = this.#random.pick(['exception', 'other', ''])
    return this.#shuffled([fixed64Field(1, this.#time()), field(2, name), ...attributes])
  }

  /** A field that nobody knows, or a known one of another type. */
  #unknown(): Buffer {
    const group = Buffer.concat([tag(200, 3), varintField(1, 5), tag(7, 3), tag(7, 4), tag(200, 4)])
    return this.#random.pick([
      varintField(100, 2n ** 64n - 1n),
      fixed64Field(101, 5n),
      Buffer.concat([tag(102, 5), Buffer.alloc(4)]),
      field(103, 'unknown'),
      varintField(5, 3),
      fixed64Field(9, 1n),
      group,
    ])
  }

  #keyValue(keys: readonly string[], depth: number): Buffer[] {
    const key = this.#random.pick(this.#odd(5) ? ODD_KEYS : keys)
    const isJson = /metadata$|parameters$|variables$/.test(key)
    const value =
      isJson && this.#chance(2) ? anyValue.text(this.#random.pick(JSON_TEXTS)) : this.#value(key, depth)
    if (this.#odd(20)) return [field(1, key), field(2, value), field(2, this.#value(key, depth))]
    if (this.#odd(20)) return [field(2, value), field(1, key)]
    if (this.#odd(20)) return [field(1, key), field(2, value, this.#unknown())]
    if (this.#odd(20)) return [field(1, key)]
    return [field(1, this.#torn && this.#chance(40) ? this.#tornText() : key), field(2, value)]
  }

  #value(key: string, depth: number): Buffer {
    // What has a column is a text nearly always.
    const isColumn = /value$|model_name$|\.id$|kind$/.test(key) && !this.#odd(6)
    const isCount = /token_count/.test(key) && !this.#odd(4)
    const kind = isColumn ? 0 : isCount ? 5 : this.#below(this.#isOdd ? 12 : 9)
    if (kind < 5) return anyValue.text(this.#text())
    if (kind === 5) return anyValue.int(this.#random.pick(INTEGERS))
    if (kind === 6) return anyValue.double(this.#random.pick(DOUBLES))
    if (kind === 7) return anyValue.bool(this.#chance(2))
    if (kind === 8 || depth > 2) return anyValue.list(this.#items(depth))
    if (kind === 9)
      return anyValue.map(
        this.#items(depth).map((item) => keyValue(this.#random.pick(['x', 'y.z', '']), item)),
      )
    return kind === 10 ? anyValue.bytes(Buffer.from(this.#random.hex(5), 'hex')) : Buffer.alloc(0)
  }

  #items(depth: number): Buffer[] {
    return Array.from({ length: this.#below(4) }, () =>
      this.#odd(8) ? Buffer.alloc(0) : this.#value('', depth + 1),
    )
  }

  #text(): Buffer | string {
    return this.#torn && this.#chance(20) ? this.#tornText() : this.#random.pick(TEXTS)
  }

  #tornText(): Buffer {
    return Buffer.concat([Buffer.from('torn '), Buffer.from(this.#random.pick(TORN)), Buffer.from(' text')])
  }
}
