/**
 * How long a span takes from its bytes to its row: `npx tsx scripts/bench/decode.ts`. The same requests of 512 spans are
 * read field by field, as every span once was and uncommon ones are still, and the quick way in both forms of JSON.
 * The figures are µs for each span: the best and the median of many rounds. Run it on a quiet machine.
 */
import { gunzipSync, gzipSync } from 'node:zlib'
import { readSpan } from '#server/otlp/protobuf'
import { SpanDecoder } from '#server/otlp/span-decoder'
import { WireReader } from '#server/otlp/wire/reader'
import { SpanCursor } from '#server/otlp/wire/request'
import { encodeProtobuf } from './encode'
import { generateSpans, takeSpans, type Weight } from './generator'

const SPANS_PER_REQUEST = 512
const REQUESTS = 6
const WARM_UP_ROUNDS = 6
const ROUNDS = 24

const text = new SpanDecoder('text')
const jsonb = new SpanDecoder('sqlite-jsonb')

/** What is done with one span. */
type Work = (reader: WireReader, start: number, end: number) => unknown

const WAYS: [name: string, work: Work][] = [
  ['field by field, JSON text', fieldByField],
  ['quick, JSON text', (reader, start, end) => text.decode(reader, start, end, 1)],
  ['quick, JSONB', (reader, start, end) => jsonb.decode(reader, start, end, 1)],
]

function fieldByField(reader: WireReader, start: number, end: number): unknown {
  reader.pos = start
  return text.toRow(readSpan(reader, end), 1)
}

function eachSpan(body: Uint8Array, work: Work): void {
  const reader = new WireReader(body)
  const cursor = new SpanCursor(reader)
  while (cursor.next()) work(reader, cursor.start, cursor.end)
}

/** Prints µs for each span. */
function measure(name: string, round: () => void): void {
  const micros: number[] = []
  for (let index = 0; index < WARM_UP_ROUNDS + ROUNDS; index++) {
    const started = performance.now()
    round()
    const each = ((performance.now() - started) * 1000) / (REQUESTS * SPANS_PER_REQUEST)
    if (index >= WARM_UP_ROUNDS) micros.push(each)
  }
  micros.sort((a, b) => a - b)
  const median = micros[ROUNDS / 2] as number
  console.log(`  ${name.padEnd(28)} ${micros[0]?.toFixed(1).padStart(6)} ${median.toFixed(1).padStart(6)}`)
}

for (const weight of ['heavy', 'light'] satisfies Weight[]) {
  const spans = generateSpans({ weight })
  const bodies = Array.from({ length: REQUESTS }, () =>
    encodeProtobuf(takeSpans(spans, SPANS_PER_REQUEST), 'bench'),
  )
  const compressed = bodies.map((body) => gzipSync(body))
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / (REQUESTS * SPANS_PER_REQUEST)
  console.log(`${weight}: ${Math.round(bytes)} bytes a span; µs, best and median`)
  measure('inflate', () => {
    for (const body of compressed) gunzipSync(body, { chunkSize: 4 * 1024 * 1024 })
  })
  for (const [name, work] of WAYS) {
    measure(name, () => {
      for (const body of bodies) eachSpan(body, work)
    })
  }
}
