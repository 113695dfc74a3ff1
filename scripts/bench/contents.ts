/**
 * What the bench's spans say: attributes as the OpenInference instrumentations write them, with made-up text. A span is
 * put together from one of a few hundred contents made once, so that making millions of them costs next to nothing.
 */
import type { JsonKeyValue, JsonValue } from '../../test/otlp'
import type { SeededRandom } from './random'

export type Weight = 'heavy' | 'light'
export type SpanRole = 'AGENT' | 'CHAIN' | 'LLM' | 'RETRIEVER' | 'TOOL'

/** Everything of a span but ids, times, session and user. */
export interface SpanContent {
  role: SpanRole
  name: string
  attributes: JsonKeyValue[]
  /** What went wrong; null for a span that succeeded. */
  error: { type: string; message: string; stack: string } | null
}

const WORDS = (
  'account agent allow amount answer archive attach average balance batch because before billing branch budget cache calendar ' +
  'carrier change check claim client column compare contract control copy country credit customer daily database deadline debit ' +
  'deliver detail document draft during engine error estimate event example expect export failure figure filter finance follow ' +
  'forecast forward function group history import include index inside invoice issue item journal keep label language latency ' +
  'ledger limit line locate manager market measure member message method metric model month network notify number object office ' +
  'option order output owner package partner payment period permit person plan policy portal present price process product profit ' +
  'project prompt provider purchase quarter query question queue reason receipt record refund region release remove report request ' +
  'result return review sales sample schedule score search section select service session settle shipment signal source status ' +
  'storage summary supplier support system target team ticket token total transfer update usage vendor verify version warehouse'
).split(' ')
const MODELS = [
  'gpt-5-mini',
  'claude-sonnet-4-5',
  'mistral-large-2411',
  'gemini-2.5-pro',
  'llama-3.3-70b-instruct',
]
const PROVIDERS = ['openai', 'anthropic', 'mistralai', 'google', 'meta']
const TOOLS = [
  'search_orders',
  'get_customer',
  'refund_payment',
  'send_message',
  'lookup_policy',
  'convert_currency',
]

const string = (key: string, stringValue: string): JsonKeyValue => ({ key, value: { stringValue } })
const integer = (key: string, intValue: number): JsonKeyValue => ({ key, value: { intValue } })
const double = (key: string, doubleValue: number): JsonKeyValue => ({ key, value: { doubleValue } })
const list = (key: string, values: string[]): JsonKeyValue => {
  const items: JsonValue[] = values.map((stringValue) => ({ stringValue }))
  return { key, value: { arrayValue: { values: items } } }
}

/** Sentences of ordinary words, about so many characters long. */
export function prose(random: SeededRandom, characters: number): string {
  let text = ''
  let inSentence = 0
  while (text.length < characters) {
    const word = random.below(12) === 0 ? String(random.below(100_000)) : random.pick(WORDS)
    const first = inSentence === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word
    inSentence += 1
    const ends = inSentence > 6 && random.below(6) === 0
    text += `${first}${ends ? '. ' : ' '}`
    if (ends) inSentence = 0
  }
  return `${text.slice(0, characters - 1).trimEnd()}.`
}

/** The content of one span. About one in fifty fails. */
export function makeContent(random: SeededRandom, weight: Weight, role: SpanRole): SpanContent {
  const isHeavy = weight === 'heavy'
  const attributes = [
    string('openinference.span.kind', role),
    ...(isHeavy ? HEAVY[role](random) : lightAttributes(random, role)),
  ]
  return {
    role,
    name: nameOf(random, role),
    attributes,
    error: random.below(50) === 0 ? failure(random) : null,
  }
}

function nameOf(random: SeededRandom, role: SpanRole): string {
  if (role === 'TOOL') return random.pick(TOOLS)
  return {
    AGENT: 'answer customer',
    CHAIN: 'prepare context',
    LLM: 'chat completion',
    RETRIEVER: 'search documents',
  }[role]
}

function failure(random: SeededRandom) {
  const frame = (index: number) => `  File "/app/agents/step_${index}.py", line ${random.below(400)}, in run`
  return {
    type: random.pick(['RateLimitError', 'TimeoutError', 'ValidationError']),
    message: prose(random, 80),
    stack: [
      'Traceback (most recent call last):',
      ...Array.from({ length: 8 }, (_, index) => frame(index)),
    ].join('\n'),
  }
}

function lightAttributes(random: SeededRandom, role: SpanRole): JsonKeyValue[] {
  const tokens = [20 + random.below(400), 5 + random.below(200)] as const
  return [
    string('input.value', prose(random, 130)),
    string('output.value', prose(random, 160)),
    ...(role === 'LLM'
      ? [
          string('llm.model_name', random.pick(MODELS)),
          integer('llm.token_count.prompt', tokens[0]),
          integer('llm.token_count.completion', tokens[1]),
        ]
      : [
          string('tag.tags', random.pick(WORDS)),
          string('step.kind', random.pick(WORDS)),
          integer('step.attempt', 1),
        ]),
  ]
}

const metadata = (random: SeededRandom) =>
  string(
    'metadata',
    JSON.stringify({
      environment: 'production',
      release: `2026.${random.below(12)}.${random.below(30)}`,
      tenant: `tenant-${random.below(40)}`,
      experiment: { name: random.pick(WORDS), arm: random.below(4) },
    }),
  )

const HEAVY: Record<SpanRole, (random: SeededRandom) => JsonKeyValue[]> = {
  LLM: (random) => [...llmHead(random), ...llmMessages(random), ...llmTools(random), ...llmTail(random)],
  AGENT: (random) => [
    string('input.value', prose(random, 2000)),
    string('input.mime_type', 'text/plain'),
    string('output.value', prose(random, 1800)),
    string('output.mime_type', 'text/plain'),
    list('tag.tags', [random.pick(WORDS), random.pick(WORDS)]),
    string('agent.name', 'support-agent'),
    metadata(random),
  ],
  CHAIN: (random) => [
    string(
      'input.value',
      JSON.stringify({ question: prose(random, 400), history: [prose(random, 700), prose(random, 900)] }),
    ),
    string('input.mime_type', 'application/json'),
    string('output.value', JSON.stringify({ context: prose(random, 2000), citations: [1, 4, 7] })),
    string('output.mime_type', 'application/json'),
    metadata(random),
  ],
  RETRIEVER: (random) => [
    string('input.value', prose(random, 120)),
    ...Array.from({ length: 5 }, (_, index) => documentAttributes(random, index)).flat(),
  ],
  TOOL: (random) => [
    string('tool.name', random.pick(TOOLS)),
    string('tool.description', prose(random, 160)),
    string(
      'tool.parameters',
      JSON.stringify({ id: random.below(1e6), reason: prose(random, 300), notify: true }),
    ),
    string('input.value', JSON.stringify({ id: random.below(1e6), reason: prose(random, 1500) })),
    string('input.mime_type', 'application/json'),
    string('output.value', JSON.stringify(Array.from({ length: 12 }, () => orderLine(random)))),
    string('output.mime_type', 'application/json'),
  ],
}

const orderLine = (random: SeededRandom) => ({
  order: random.below(1e7),
  state: random.pick(['open', 'late', 'sent', 'closed']),
  amount: random.below(100_000) / 100,
  note: prose(random, 60),
})

function documentAttributes(random: SeededRandom, index: number): JsonKeyValue[] {
  const at = `retrieval.documents.${index}.document`
  return [
    string(`${at}.id`, `doc-${random.below(10_000)}`),
    double(`${at}.score`, random.below(10_000) / 10_000),
    string(`${at}.content`, prose(random, 820)),
    string(`${at}.metadata`, JSON.stringify({ source: `${random.pick(WORDS)}.md`, page: random.below(90) })),
  ]
}

function llmHead(random: SeededRandom): JsonKeyValue[] {
  const which = random.below(MODELS.length)
  return [
    string('llm.model_name', MODELS[which] as string),
    string('llm.provider', PROVIDERS[which] as string),
    string('llm.system', PROVIDERS[which] as string),
    string(
      'llm.invocation_parameters',
      JSON.stringify({ temperature: random.below(10) / 10, max_tokens: 1024, top_p: 1 }),
    ),
    metadata(random),
  ]
}

function llmMessages(random: SeededRandom): JsonKeyValue[] {
  const lengths = [700, 260, 500, 420, 300]
  const roles = ['system', 'user', 'assistant', 'tool', 'user']
  return lengths.flatMap((length, index) => {
    const at = `llm.input_messages.${index}.message`
    const said = [
      string(`${at}.role`, roles[index] as string),
      string(`${at}.content`, prose(random, length)),
    ]
    if (roles[index] === 'assistant') said.push(...toolCall(random, `${at}.tool_calls.0.tool_call`))
    if (roles[index] === 'tool') said.push(string(`${at}.tool_call_id`, `call_${random.hex(12)}`))
    return said
  })
}

function toolCall(random: SeededRandom, at: string): JsonKeyValue[] {
  return [
    string(`${at}.id`, `call_${random.hex(12)}`),
    string(`${at}.function.name`, random.pick(TOOLS)),
    string(`${at}.function.arguments`, JSON.stringify({ id: random.below(1e6), reason: prose(random, 80) })),
  ]
}

function llmTools(random: SeededRandom): JsonKeyValue[] {
  return TOOLS.slice(0, 2).map((name, index) =>
    string(
      `llm.tools.${index}.tool.json_schema`,
      JSON.stringify({
        type: 'function',
        function: {
          name,
          description: prose(random, 90),
          parameters: { type: 'object', properties: { id: { type: 'integer' }, reason: { type: 'string' } } },
        },
      }),
    ),
  )
}

function llmTail(random: SeededRandom): JsonKeyValue[] {
  const prompt = 400 + random.below(3000)
  const completion = 40 + random.below(600)
  return [
    string('llm.output_messages.0.message.role', 'assistant'),
    string('llm.output_messages.0.message.content', prose(random, 600)),
    ...toolCall(random, 'llm.output_messages.0.message.tool_calls.0.tool_call'),
    string('output.value', prose(random, 600)),
    string('output.mime_type', 'text/plain'),
    integer('llm.token_count.prompt', prompt),
    integer('llm.token_count.completion', completion),
    integer('llm.token_count.total', prompt + completion),
    integer('llm.token_count.prompt_details.cache_read', random.below(prompt)),
  ]
}
