/** Spans. */
import { STATUS_CODES } from '#server/db/schema'
import type { Ask } from '#server/graphql/ask'
import { builder, idOf, Node } from '#server/graphql/builder'
import { mustBeThere } from '#server/graphql/loaders'
import { DocumentEvaluationType, SpanAnnotationType } from '#server/graphql/types/annotation'
import { loadProject } from '#server/graphql/types/project'
import { ProjectType, SpanType, TraceType } from '#server/graphql/types/refs'
import { latencyMs } from '#server/graphql/types/trace'
import type { StoredEvent } from '#server/traces/events'
import { objectEntries } from '#server/traces/json-text'
import type { SpanOfMany } from '#server/traces/many-spans'
import { type SpanValue, textOfJson } from '#server/traces/span-values'

const StatusCode = builder.enumType('SpanStatusCode', { values: STATUS_CODES })

const SpanContextType = builder.objectRef<SpanOfMany>('SpanContext').implement({
  fields: (t) => ({ traceId: t.exposeID('traceId'), spanId: t.exposeID('spanId') }),
})

const SpanIOValueType = builder.objectRef<SpanValue>('SpanIOValue').implement({
  fields: (t) => ({ value: t.exposeString('value'), mimeType: t.exposeString('mimeType') }),
})

const SpanEventType = builder.objectRef<StoredEvent>('SpanEvent').implement({
  fields: (t) => ({
    name: t.string({ resolve: ({ name }) => textOfJson(name) }),
    timestamp: t.field({ type: 'DateTime', resolve: ({ micros }) => micros }),
    message: t.string({
      description: 'What an exception said; empty for other events.',
      resolve: ({ attributes }) => textOfJson(messageOf(attributes) ?? '""'),
    }),
    attributes: t.exposeString('attributes', { description: 'JSON.' }),
  }),
})

/** Attributes of events are kept as they came, or taken apart at the dots. */
function messageOf(attributes: string): string | undefined {
  const entries = objectEntries(attributes)
  return entries.get('exception.message') ?? objectEntries(entries.get('exception') ?? '').get('message')
}

const documentsOf = (ask: Ask, span: SpanOfMany) => mustBeThere(ask.loaders.documents.load(span), 'Span')

/** What is said of a span's input or output, as often as it is answered. */
async function saidOf(ask: Ask, span: SpanOfMany, which: 'input' | 'output'): Promise<SpanValue | null> {
  const value = (await documentsOf(ask, span)).values()[which]
  ask.spendText(value?.value.length ?? 0)
  return value
}

/** Null only when neither is known. */
const sum = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0))

SpanType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('Span') }),
    spanId: t.exposeID('spanId'),
    parentId: t.exposeID('parentId', { nullable: true }),
    name: t.exposeString('name'),
    spanKind: t.exposeString('spanKind'),
    statusCode: t.expose('statusCode', { type: StatusCode }),
    statusMessage: t.exposeString('statusMessage'),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime', nullable: true }),
    latencyMs: t.float({ nullable: true, resolve: latencyMs }),
    context: t.field({ type: SpanContextType, resolve: (span) => span }),
    trace: t.field({
      type: TraceType,
      resolve: ({ traceRowId }, _args, ask) => mustBeThere(ask.loaders.trace.load(traceRowId), 'Trace'),
    }),
    project: t.field({
      type: ProjectType,
      resolve: ({ projectId }, _args, ask) => loadProject(ask, projectId),
    }),
    attributes: t.string({
      description: 'The nested attributes as JSON text, in which 64-bit integers are exact.',
      resolve: async (span, _args, ask) => {
        const { attributesJson } = await documentsOf(ask, span)
        ask.spendText(attributesJson.length)
        return attributesJson
      },
    }),
    metadata: t.string({
      nullable: true,
      description: 'JSON text.',
      resolve: async (span, _args, ask) => {
        const { metadata } = (await documentsOf(ask, span)).values()
        ask.spendText(metadata?.length ?? 0)
        return metadata
      },
    }),
    input: t.field({
      type: SpanIOValueType,
      nullable: true,
      resolve: (span, _args, ask) => saidOf(ask, span, 'input'),
    }),
    output: t.field({
      type: SpanIOValueType,
      nullable: true,
      resolve: (span, _args, ask) => saidOf(ask, span, 'output'),
    }),
    events: t.field({
      type: [SpanEventType],
      resolve: async (span, _args, ask) => {
        const documents = await documentsOf(ask, span)
        const events = documents.events()
        ask.spend(events.length)
        ask.spendText(documents.eventsJson.length)
        return events
      },
    }),
    // Counts of tokens are floats: sums over long traces may pass 2^31.
    tokenCountTotal: t.float({
      nullable: true,
      resolve: (span) => sum(span.promptTokens, span.completionTokens),
    }),
    tokenCountPrompt: t.exposeFloat('promptTokens', { nullable: true }),
    tokenCountCompletion: t.exposeFloat('completionTokens', { nullable: true }),
    cumulativeTokenCountTotal: t.float({
      nullable: true,
      resolve: (span) => span.cumulativePromptTokens + span.cumulativeCompletionTokens,
    }),
    cumulativeTokenCountPrompt: t.exposeFloat('cumulativePromptTokens', { nullable: true }),
    cumulativeTokenCountCompletion: t.exposeFloat('cumulativeCompletionTokens', { nullable: true }),
    numChildSpans: t.int({
      resolve: async (span, _args, ask) => (await ask.loaders.childCount.load(span)) ?? 0,
    }),
    spanAnnotations: t.field({ type: [SpanAnnotationType], resolve: () => [] }),
    documentEvaluations: t.field({ type: [DocumentEvaluationType], resolve: () => [] }),
  }),
})
