/**
 * Sends made-up but likely traces to a running server, as an application would: through a stock OTLP exporter.
 *   tsx scripts/seed.ts [--follow] [http://127.0.0.1:6006/]
 * With --follow one more trace goes out every few seconds until the program is ended. PHOENIX_API_KEY (or
 * PHOENIX_ADMIN_SECRET) is used when authentication is on.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const FIRST_TRACES = 40
const PAUSE_MS = 4_000
const QUESTIONS = [
  'How do I change the retention of a project?',
  'Which orders were late last week?',
  'Summarise the incident of Tuesday in two sentences.',
  'Translate "the gate is closed" into Portuguese.',
  'What is the refund policy for annual plans?',
]
const MODELS = ['gpt-5-mini', 'claude-sonnet-4-5', 'mistral-large']

const address =
  process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 'http://127.0.0.1:6006/'
await main()

async function main(): Promise<void> {
  await untilHealthy()
  const providers = ['support-bot', 'analytics'].map(createProvider)
  const now = Date.now()
  for (let index = 0; index < FIRST_TRACES; index++) {
    const startedAt = now - (FIRST_TRACES - index) * 90_000 - pick([0, 7_000, 31_000])
    answerQuestion(pick(providers).getTracer('seed'), startedAt)
  }
  await Promise.all(providers.map((provider) => provider.forceFlush()))
  while (process.argv.includes('--follow')) {
    await sleep(PAUSE_MS)
    answerQuestion(pick(providers).getTracer('seed'), Date.now() - 2_500)
  }
  await Promise.all(providers.map((provider) => provider.shutdown()))
}

async function untilHealthy(): Promise<void> {
  for (;;) {
    const answer = await fetch(new URL('/healthz', address)).catch(() => null)
    if (answer?.ok) return
    await sleep(500)
  }
}

function createProvider(project: string): NodeTracerProvider {
  const key = process.env.PHOENIX_API_KEY ?? process.env.PHOENIX_ADMIN_SECRET
  const exporter = new OTLPTraceExporter({
    url: new URL('/v1/traces', address).href,
    headers: key ? { authorization: `Bearer ${key}` } : {},
  })
  return new NodeTracerProvider({
    resource: resourceFromAttributes({ 'openinference.project.name': project }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  })
}

/** One trace: an agent that looks something up and asks a model, which fails now and then. */
function answerQuestion(tracer: Tracer, startedAt: number): void {
  const question = pick(QUESTIONS)
  const fails = Math.random() < 0.1
  const lookupMs = 80 + Math.random() * 300
  const modelMs = 400 + Math.random() * 1_500
  const agent = tracer.startSpan('answer question', {
    startTime: startedAt,
    attributes: {
      'openinference.span.kind': 'AGENT',
      'input.value': question,
      'session.id': pick(['s-1', 's-2', 's-3']),
    },
  })
  const inside = trace.setSpan(context.active(), agent)
  const lookup = tracer.startSpan(
    'search documents',
    { startTime: startedAt + 5, attributes: lookupAttributes(question) },
    inside,
  )
  lookup.end(startedAt + 5 + lookupMs)
  const model = tracer.startSpan(
    'chat completion',
    { startTime: startedAt + 10 + lookupMs, attributes: modelAttributes(question) },
    inside,
  )
  finish(model, startedAt + 10 + lookupMs + modelMs, fails)
  finish(agent, startedAt + 20 + lookupMs + modelMs, fails)
}

function lookupAttributes(question: string) {
  return {
    'openinference.span.kind': 'RETRIEVER',
    'input.value': question,
    'retrieval.documents.0.document.id': 'doc-17',
    'retrieval.documents.0.document.score': 0.83,
    'retrieval.documents.0.document.content': 'Policies can be changed in the settings of each project.',
  }
}

function modelAttributes(question: string) {
  const prompt = 200 + Math.floor(Math.random() * 800)
  const completion = 20 + Math.floor(Math.random() * 300)
  return {
    'openinference.span.kind': 'LLM',
    'llm.model_name': pick(MODELS),
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': question,
    'input.value': question,
    'llm.token_count.prompt': prompt,
    'llm.token_count.completion': completion,
    'llm.token_count.total': prompt + completion,
  }
}

function finish(span: Span, endedAt: number, failed: boolean): void {
  if (failed) {
    span.recordException(new Error('The model did not answer in time'), endedAt)
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'The model did not answer in time' })
  } else {
    span.setAttribute('output.value', 'It is set under Settings; the change counts from the next night on.')
    span.setStatus({ code: SpanStatusCode.OK })
  }
  span.end(endedAt)
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T
}
