/** Requests for several collectors that hold spans of the same traces, sessions and projects, some of them alike. */
import { asProtobuf, exportRequest, type JsonSpan, text } from './otlp'
import { spanIdOf, traceIdOf } from './received-spans'

const TRACES = 12
const SPANS_PER_TRACE = 40
const SPANS_PER_REQUEST = 15
const START_NANOS = 1_767_323_045_000_000_000n

export interface SharedLoad {
  /** What the collector of this number, from 0 to 3, is sent: three quarters of all spans, in an order of its own. */
  requestsFor(collector: number): Buffer[]
  /** How many different spans and traces there are in all of them. */
  spans: number
  traces: number
  /** Prompt tokens of all of them. */
  promptTokens: number
}

/** The same at every call. */
export function makeSharedLoad(): SharedLoad {
  const all = Array.from({ length: TRACES * SPANS_PER_TRACE }, (_, n) => n)
  return {
    requestsFor: (collector) => {
      const mine = all.filter((n) => n % 4 !== collector).map((n) => (n * 7 + collector * 100) % all.length)
      // Seven has no divisor in common with their number, so each comes once; a hundred keeps what is left out apart.
      const requests: Buffer[] = []
      for (let at = 0; at < mine.length; at += SPANS_PER_REQUEST) {
        const spans = mine.slice(at, at + SPANS_PER_REQUEST).map(makeSpan)
        requests.push(asProtobuf(exportRequest(spans, `shared ${at % 2}`)))
      }
      return requests
    },
    spans: all.length,
    traces: TRACES,
    // Of the twelve spans of each of the places 0, 3 … 39 in their traces: 144 * (0 + 3 + … + 39) + 14 * (0 + 1 + … + 11).
    promptTokens: 40_236,
  }
}

function makeSpan(n: number): JsonSpan {
  const [trace, index] = [n % TRACES, Math.floor(n / TRACES)]
  const start = START_NANOS + BigInt(n) * 1_000_000n
  return {
    traceId: traceIdOf(trace),
    spanId: spanIdOf(index),
    ...(index > 0 && { parentSpanId: spanIdOf((index - 1) >> 1) }),
    name: `span ${index}`,
    startTimeUnixNano: start.toString(),
    endTimeUnixNano: (start + 5_000_000_000n).toString(),
    attributes: [
      text('session.id', `session ${trace % 3}`),
      ...(index % 3 === 0 ? [text('openinference.span.kind', 'LLM'), ...tokensOf(n)] : []),
    ],
    status: { code: index % 5 === 0 ? 2 : 1 },
  }
}

const tokensOf = (n: number) => [
  { key: 'llm.token_count.prompt', value: { intValue: String(n) } },
  { key: 'llm.token_count.completion', value: { intValue: String(n % 7) } },
]
