/** Traces that look like an application's, and some that look like none. */
import { insertTrace, type NewSpan } from '../../test/traces'
import type { World } from './server'

const ms = (n: number) => n * 1000

const SYSTEM = `You handle parcel complaints. Refund only when the carrier confirms the delay. ${'Be brief, be kind, quote the rule that applies, and never promise a date that the carrier has not confirmed. '.repeat(12)}`

const LLM_ATTRIBUTES = {
  llm: {
    model_name: 'claude-sonnet',
    invocation_parameters: '{"temperature":0,"max_tokens":1024}',
    token_count: { prompt: 1920, completion: 148, total: 2068 },
    input_messages: [
      { message: { role: 'system', content: SYSTEM } },
      {
        message: {
          role: 'user',
          content:
            'My parcel was due on Monday and it is Friday now. I would like my money back for the express fee.',
        },
      },
      {
        message: {
          role: 'assistant',
          tool_calls: [
            {
              tool_call: {
                id: 'call_18',
                function: {
                  name: 'carrier_status',
                  arguments: '{"tracking":"SE7710234","since":"2026-11-16"}',
                },
              },
            },
          ],
        },
      },
      {
        message: {
          role: 'tool',
          tool_call_id: 'call_18',
          content: '{"status":"in_transit","delay_days":4,"last_scan":"Malmö hub, 2026-11-19T22:10Z"}',
        },
      },
    ],
    output_messages: [
      {
        message: {
          role: 'assistant',
          content:
            'The carrier confirms a delay of four days, so the express fee of 9.90 € is refunded to your card. The parcel left Malmö last night and should reach you tomorrow.',
        },
      },
    ],
  },
  openinference: { span: { kind: 'LLM' } },
  session: { id: 'chat-77' },
  // Larger than a double can hold exactly; only text keeps it.
  order: { id: '@9007199254740993@' },
}

/** JSON text with one integer that no double holds. */
const exactly = (attributes: object) =>
  JSON.stringify(attributes).replace('"@9007199254740993@"', '9007199254740993')

const DOCUMENTS = {
  input: { value: 'refund rules express delivery', mime_type: 'text/plain' },
  retrieval: {
    documents: [
      {
        document: {
          id: 'policy-12',
          score: 0.8712345678,
          content:
            'Express fees are refunded when the carrier confirms a delay of more than one working day.',
          metadata: { page: 3 },
        },
      },
      {
        document: {
          id: 'policy-04',
          score: 0.6401,
          content: 'Parcels that are lost are paid in full after fourteen days.',
        },
      },
    ],
  },
}

const EXCEPTION = {
  name: 'exception',
  offset: ms(4170),
  attributes: {
    exception: {
      type: 'TimeoutError',
      message: 'payments.example did not answer within 500 ms',
      stacktrace:
        'TimeoutError: payments.example did not answer within 500 ms\n    at refund (/app/payments.ts:41:11)\n    at issueRefund (/app/tools.ts:88:20)\n    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    },
  },
}

const SUPPORT: NewSpan[] = [
  {
    name: 'support-agent',
    kind: 'CHAIN',
    duration: ms(4820),
    input: 'My parcel was due on Monday and it is Friday now.',
    output: 'The carrier confirms a delay of four days.',
    attributes: {
      input: { value: 'My parcel was due on Monday and it is Friday now.' },
      output: { value: '{"refund":9.9,"currency":"EUR"}' },
    },
  },
  {
    parent: 0,
    name: 'Classify request',
    kind: 'LLM',
    offset: ms(40),
    duration: ms(610),
    promptTokens: 410,
    completionTokens: 12,
  },
  {
    parent: 0,
    name: 'Look up customer',
    kind: 'TOOL',
    offset: ms(680),
    duration: ms(384),
    attributes: {
      tool: { name: 'customers.find', description: 'Finds a customer by e-mail' },
      input: { value: '{"email":"anna@example.com"}' },
      output: { value: '{"id":4711,"tier":"gold"}' },
    },
  },
  {
    parent: 0,
    name: 'Retrieve policy',
    kind: 'RETRIEVER',
    offset: ms(1090),
    duration: ms(529),
    attributes: DOCUMENTS,
  },
  {
    parent: 3,
    name: 'Embed question',
    kind: 'EMBEDDING',
    offset: ms(1095),
    duration: ms(141),
    attributes: {
      embedding: {
        model_name: 'small',
        embeddings: [{ embedding: { text: 'refund rules express delivery' } }],
      },
    },
  },
  {
    parent: 3,
    name: 'Vector search',
    kind: 'RETRIEVER',
    offset: ms(1260),
    duration: ms(352),
    attributes: DOCUMENTS,
  },
  { parent: 0, name: 'Refund agent', kind: 'AGENT', offset: ms(1680), duration: ms(2990) },
  { parent: 6, name: 'carrier_status', kind: 'TOOL', offset: ms(1720), duration: ms(612) },
  {
    parent: 6,
    name: 'Decide on refund',
    kind: 'LLM',
    offset: ms(2370),
    duration: ms(1240),
    promptTokens: 1920,
    completionTokens: 148,
    attributes: exactly(LLM_ATTRIBUTES),
  },
  {
    parent: 6,
    name: 'issue_refund',
    kind: 'TOOL',
    offset: ms(3650),
    duration: ms(531),
    status: 'ERROR',
    statusMessage: 'timeout',
    events: [{ name: 'retry', offset: ms(3900), attributes: { attempt: 2 } }, EXCEPTION],
  },
  { parent: 6, name: 'issue_refund', kind: 'TOOL', offset: ms(4240), duration: ms(405) },
]

/** An agent's run with a model call, documents and a failed tool. The LLM span is the ninth. */
export function insertSupportTrace(world: World, project: string, start = Date.now() * 1000 - 5_000_000) {
  return insertTrace(world, { project, start, spans: SUPPORT })
}

/** Many small traces, a minute apart, the newest a minute old. */
export async function insertManyTraces(world: World, project: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await insertTrace(world, {
      project,
      start: (Date.now() - (i + 1) * 60_000) * 1000,
      spans: [
        {
          name: `Answer question ${count - i}`,
          kind: i % 3 === 0 ? 'AGENT' : 'CHAIN',
          duration: ms(300 + ((i * 37) % 900)),
          input: 'What is the refund policy for annual plans?',
          output: 'Annual plans are refunded within 30 days of purchase.',
          status: i % 7 === 3 ? 'ERROR' : 'OK',
        },
        {
          parent: 0,
          name: 'Generate',
          kind: 'LLM',
          offset: ms(20),
          duration: ms(250),
          promptTokens: 200 + i,
          completionTokens: 60,
        },
      ],
    })
  }
}

export const LONG = 'A_very_long_name_without_any_place_to_break_'.repeat(5).slice(0, 200)
const LONG_WORDS = 'an endless name made of many words that goes on and on '.repeat(4).slice(0, 200)

/** Names and values of 200 characters everywhere. */
export function insertLongTrace(world: World, project = LONG) {
  return insertTrace(world, {
    project,
    start: Date.now() * 1000 - 9_000_000,
    spans: [
      { name: LONG, kind: 'AGENT', duration: ms(900), input: LONG.repeat(5), output: LONG_WORDS.repeat(5) },
      {
        parent: 0,
        name: LONG_WORDS,
        kind: 'LLM',
        offset: 10,
        duration: ms(500),
        promptTokens: 1_234_567,
        completionTokens: 7_654_321,
        status: 'ERROR',
        statusMessage: LONG_WORDS.repeat(4),
        attributes: {
          llm: {
            model_name: LONG,
            input_messages: [{ message: { role: LONG.slice(0, 60), content: LONG.repeat(10) } }],
            output_messages: [{ message: { role: 'assistant', content: LONG_WORDS.repeat(30) } }],
          },
          [LONG]: LONG.repeat(4),
        },
        events: [{ name: LONG, attributes: { [LONG]: LONG } }],
      },
      ...deepChain(40),
    ],
  })
}

/** Spans each below the last, starting below span 1. */
function deepChain(length: number): NewSpan[] {
  return Array.from({ length }, (_, i) => ({
    parent: i + 1,
    name: `level ${i + 2}`,
    offset: 20 + i,
    duration: ms(400) - i,
  }))
}

/** A trace of many spans, a few levels deep. */
export function insertBigTrace(world: World, project: string, count = 5000) {
  const spans: NewSpan[] = Array.from({ length: count }, (_, i) => ({
    // Every tenth span has the nine after it below itself; all of those hang below the first.
    parent: i === 0 ? null : i % 10 === 0 ? 0 : Math.floor(i / 10) * 10,
    name: `step ${i}`,
    kind: (['CHAIN', 'LLM', 'TOOL', 'RETRIEVER'] as const)[i % 4],
    offset: i * 1000,
    duration: i === 0 ? count * 1000 : 900,
    status: i === 4321 ? 'ERROR' : 'OK',
    attributes: { input: { value: `input of ${i}` }, filler: 'x'.repeat(200) },
  }))
  return insertTrace(world, { project, start: Date.now() * 1000 - count * 1000, spans })
}

/** Two spans that are each other's parent, and one below them. */
export function insertCyclicTrace(world: World, project: string) {
  return insertTrace(world, {
    project,
    spans: [
      { spanId: 'aaaaaaaaaaaaaaa1', parent: 'aaaaaaaaaaaaaaa2', name: 'chicken' },
      { spanId: 'aaaaaaaaaaaaaaa2', parent: 'aaaaaaaaaaaaaaa1', name: 'egg', offset: 10 },
      { spanId: 'aaaaaaaaaaaaaaa3', parent: 'aaaaaaaaaaaaaaa2', name: 'omelette', offset: 20 },
    ],
  })
}

/** Spans whose parents never arrived, and one that names itself. */
export function insertRootlessTrace(world: World, project: string) {
  return insertTrace(world, {
    project,
    spans: [
      { parent: 'ffffffffffffffff', name: 'orphan one' },
      { parent: 'eeeeeeeeeeeeeeee', name: 'orphan two', offset: 5 },
      { spanId: 'dddddddddddddddd', parent: 'dddddddddddddddd', name: 'own parent', offset: 10 },
    ],
  })
}
