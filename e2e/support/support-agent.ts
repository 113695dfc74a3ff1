/** One run of an agent, with every kind of thing that the pages show: messages, tool calls, documents, an exception. */
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
