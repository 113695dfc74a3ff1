/** Projects, sessions of conversations, traces and spans. */
import { sql } from 'drizzle-orm'
import type { Palette } from '#server/db/columns.postgres'
import { listWords } from '#server/db/schema/words'

export const STATUS_CODES = ['UNSET', 'OK', 'ERROR'] as const
export type StatusCode = (typeof STATUS_CODES)[number]

export function defineTracing(c: Palette) {
  const projects = c.table(
    'projects',
    {
      id: c.serial('id'),
      name: c.text('name').notNull(),
      description: c.text('description'),
      gradientStartColor: c.text('gradient_start_color').notNull().default('#5bdbff'),
      gradientEndColor: c.text('gradient_end_color').notNull().default('#1c76fc'),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [c.uniqueIndex('projects_name_unique').on(t.name)],
  )

  const projectSessions = c.table(
    'project_sessions',
    {
      id: c.serial('id'),
      sessionId: c.text('session_id').notNull(),
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
      /** Sums over its traces, whichever project they are in. */
      traceCount: c.int('trace_count').notNull().default(0),
      spanCount: c.int('span_count').notNull().default(0),
      errorCount: c.int('error_count').notNull().default(0),
      promptTokens: c.int('prompt_tokens').notNull().default(0),
      completionTokens: c.int('completion_tokens').notNull().default(0),
    },
    (t) => [
      c.uniqueIndex('project_sessions_session_id_unique').on(t.sessionId),
      c.index('project_sessions_project_start_index').on(t.projectId, t.startTime),
    ],
  )

  const traces = c.table(
    'traces',
    {
      /** On PostgreSQL it begins with the day the trace was first seen, by which its spans are partitioned. */
      id: c.datedSerial('id', 'traces_id_seq'),
      /** 32 lower-case hex digits. */
      traceId: c.text('trace_id').notNull(),
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      projectSessionId: c
        .int('project_session_id')
        .references(() => projectSessions.id, { onDelete: 'cascade' }),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
      /** The span that stands for the trace: the earliest of those without a stored parent. */
      rootSpanRowId: c.int('root_span_row_id'),
      spanCount: c.int('span_count').notNull().default(0),
      errorCount: c.int('error_count').notNull().default(0),
      promptTokens: c.int('prompt_tokens').notNull().default(0),
      completionTokens: c.int('completion_tokens').notNull().default(0),
    },
    (t) => [
      c.uniqueIndex('traces_trace_id_unique').on(t.traceId),
      c.index('traces_project_start_index').on(t.projectId, t.startTime, t.id),
      c.index('traces_project_session_index').on(t.projectSessionId),
    ],
  )

  /** On PostgreSQL partitioned by ranges of `trace_row_id`, one for each day: see server/db/partitions.postgres.ts. */
  const spans = c.table(
    'spans',
    {
      id: c.serial('id'),
      traceRowId: c
        .int('trace_row_id')
        .notNull()
        .references(() => traces.id, { onDelete: 'cascade' }),
      /** A copy of the trace's project, so that one index serves a project's spans by time. */
      projectId: c.int('project_id').notNull(),
      /** 16 lower-case hex digits, unique within the trace. */
      spanId: c.text('span_id').notNull(),
      parentId: c.text('parent_id'),
      name: c.text('name').notNull(),
      spanKind: c.text('span_kind').notNull(),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
      statusCode: c.choice<StatusCode>('status_code').notNull(),
      /** Only for spans of kind LLM. */
      llmTokenCountPrompt: c.int('llm_token_count_prompt'),
      llmTokenCountCompletion: c.int('llm_token_count_completion'),
      /** What lists filter by: the model, the session and the user that the span itself names. */
      modelName: c.text('model_name'),
      sessionId: c.text('session_id'),
      userId: c.text('user_id'),
      /** The first characters of input.value and output.value, so that lists never read the JSON. */
      inputPreview: c.text('input_preview'),
      outputPreview: c.text('output_preview'),
      // What may be long comes last: SQLite reads a row from its front, and stops where the wanted columns end.
      statusMessage: c.text('status_message').notNull().default(''),
      /** The nested attribute tree. */
      attributes: c.binaryJson('attributes').notNull(),
      /** A list of `{name, timestamp, attributes}`. */
      events: c.binaryJson('events').notNull(),
    },
    (t) => [
      c.uniqueIndex('spans_trace_span_unique').on(t.traceRowId, t.spanId),
      // A late parent finds its children.
      c.index('spans_trace_parent_index').on(t.traceRowId, t.parentId).where(sql`${t.parentId} is not null`),
      c.index('spans_project_start_index').on(t.projectId, t.startTime, t.id),
      c
        .index('spans_project_errors_index')
        .on(t.projectId, t.startTime, t.id)
        .where(sql`${t.statusCode} = 'ERROR'`),
      // REST pages through a project in the order of row ids.
      c.index('spans_project_row_index').on(t.projectId, t.id),
      c.index('spans_project_error_rows_index').on(t.projectId, t.id).where(sql`${t.statusCode} = 'ERROR'`),
      c.rangedIndex('spans_span_id_index', t.id, t.spanId),
      c.check('spans_status_code_check', sql`${t.statusCode} in (${listWords(STATUS_CODES)})`),
    ],
  )

  /**
   * Sums over a span and everything below it, where they are not what the span counts for itself: a leaf has no row.
   * Beside the wide row, so a late child rewrites little; tied to the trace, so that no key points into a partition.
   */
  const spanRollups = c.table(
    'span_rollups',
    {
      traceRowId: c
        .int('trace_row_id')
        .notNull()
        .references(() => traces.id, { onDelete: 'cascade' }),
      spanRowId: c.int('span_row_id').notNull(),
      cumulativeErrorCount: c.int('cumulative_error_count').notNull(),
      cumulativeLlmTokenCountPrompt: c.int('cumulative_llm_token_count_prompt').notNull(),
      cumulativeLlmTokenCountCompletion: c.int('cumulative_llm_token_count_completion').notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.traceRowId, t.spanRowId] })],
  )

  /**
   * Sums over a project's traces by the hour in which they start. Each writer adds to a shard of its own, so that they
   * do not wait for each other: only the sum over all shards means anything, one alone may be negative.
   */
  const projectBuckets = c.table(
    'project_buckets',
    {
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      /** Hours since 1970-01-01, UTC. */
      bucket: c.int('bucket').notNull(),
      shard: c.smallInt('shard').notNull(),
      traceCount: c.int('trace_count').notNull(),
      spanCount: c.int('span_count').notNull(),
      errorCount: c.int('error_count').notNull(),
      promptTokens: c.int('prompt_tokens').notNull(),
      completionTokens: c.int('completion_tokens').notNull(),
      /** How long the traces took: see server/sketch. */
      latencySketch: c.bytes('latency_sketch').notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.projectId, t.bucket, t.shard] })],
  )

  return { projects, projectSessions, traces, spans, spanRollups, projectBuckets }
}
