/** Traces as rows, for tests of whatever reads them: no ingest is involved. */
import { randomBytes } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import type { Queries } from '#server/db/database'
import { WHOLE_LIFE } from '#server/projects/model'
import { LatencySketch } from '#server/sketch/latency-sketch'
import { formatTime } from '#server/wire-time'
import type { TestRuntime } from './runtime'

type World = Pick<TestRuntime, 'db'>

/** 2026-01-02T03:04:05Z in microseconds: the start of a trace that names none. */
export const TEST_START = 1_767_323_045_000_000

export interface NewSpan {
  spanId?: string
  /** The index of its parent in the list, a span id, or null for a root (the default). */
  parent?: number | string | null
  name?: string
  kind?: string
  /** Microseconds after the start of the trace, and how long. */
  offset?: number
  duration?: number
  status?: 'UNSET' | 'OK' | 'ERROR'
  statusMessage?: string
  /** The nested tree, as an object or as JSON text. */
  attributes?: object | string
  /** `offset` in microseconds after the start of the trace. */
  events?: { name: string; offset?: number; attributes?: object }[] | string
  promptTokens?: number
  completionTokens?: number
  input?: string
  output?: string
}

export interface NewTrace {
  /** By name; made when it is not there. */
  project?: string
  traceId?: string
  session?: string
  /** Microseconds since 1970. */
  start?: number
  spans?: NewSpan[]
}

export interface InsertedTrace {
  id: number
  traceId: string
  projectId: number
  spans: { id: number; spanId: string }[]
}

export const newTraceId = () => randomBytes(16).toString('hex')
export const newSpanId = () => randomBytes(8).toString('hex')

/** Stores a trace of one or more spans, with its project and session. */
export async function insertTrace(world: World, trace: NewTrace = {}): Promise<InsertedTrace> {
  const { traceId = newTraceId(), start = TEST_START, spans = [{}] } = trace
  const planned = plan(spans, start)
  return world.db.write(async (tx) => {
    const projectId = await ensureProject(world, tx, trace.project ?? 'default')
    const end = Math.max(...planned.map((span) => span.endTime))
    const sessionRow = trace.session
      ? await ensureSession(world, tx, { projectId, sessionId: trace.session, start, end })
      : null
    const { traces } = world.db.t
    const [row] = await tx
      .insert(traces)
      .values({
        traceId,
        projectId,
        projectSessionId: sessionRow,
        startTime: Math.min(...planned.map((span) => span.startTime)),
        endTime: end,
        spanCount: planned.length,
        errorCount: planned.filter((span) => span.statusCode === 'ERROR').length,
        promptTokens: sum(planned.map((span) => span.llmTokenCountPrompt)),
        completionTokens: sum(planned.map((span) => span.llmTokenCountCompletion)),
      })
      .returning({ id: traces.id })
    const traceRowId = (row as { id: number }).id
    const ids = await insertSpans(world, tx, planned, { traceRowId, projectId })
    await countTrace(world, tx, traceRowId)
    return {
      id: traceRowId,
      traceId,
      projectId,
      spans: planned.map(({ spanId }, index) => ({ id: ids[index] as number, spanId })),
    }
  })
}

/** A project's row id; the project is made when it is not there. */
export async function ensureProject(world: World, tx: Queries, name: string): Promise<number> {
  const { projects } = world.db.t
  const [known] = await tx.select({ id: projects.id }).from(projects).where(eq(projects.name, name))
  if (known) return known.id
  const now = new Date()
  const [row] = await tx
    .insert(projects)
    .values({ name, createdAt: now, updatedAt: now })
    .returning({ id: projects.id })
  return (row as { id: number }).id
}

async function ensureSession(
  world: World,
  tx: Queries,
  session: { projectId: number; sessionId: string; start: number; end: number },
): Promise<number> {
  const { projectSessions } = world.db.t
  const [known] = await tx
    .select({ id: projectSessions.id })
    .from(projectSessions)
    .where(eq(projectSessions.sessionId, session.sessionId))
  if (known) return known.id
  const { projectId, sessionId, start, end } = session
  const [row] = await tx
    .insert(projectSessions)
    .values({ projectId, sessionId, startTime: start, endTime: end })
    .returning({ id: projectSessions.id })
  return (row as { id: number }).id
}

const MICROS_PER_HOUR = 3_600_000_000

/** Adds a trace to the sums of its project: those of its hour, and those of all time. */
async function countTrace(world: World, tx: Queries, traceRowId: number): Promise<void> {
  const { projectBuckets, traces } = world.db.t
  const [trace] = await tx.select().from(traces).where(eq(traces.id, traceRowId))
  if (!trace) throw new Error('The trace is not there')
  const { projectId, startTime, endTime, spanCount, errorCount, promptTokens, completionTokens } = trace
  for (const bucket of [Math.floor(startTime / MICROS_PER_HOUR), WHOLE_LIFE]) {
    const place = { projectId, bucket, shard: 0 }
    const isPlace = and(
      eq(projectBuckets.projectId, projectId),
      eq(projectBuckets.bucket, bucket),
      eq(projectBuckets.shard, 0),
    )
    const [known] = await tx.select().from(projectBuckets).where(isPlace)
    const sketch = LatencySketch.decode(known?.latencySketch ?? Buffer.alloc(0))
    sketch.add(endTime - startTime)
    const sums = {
      traceCount: (known?.traceCount ?? 0) + 1,
      spanCount: (known?.spanCount ?? 0) + spanCount,
      errorCount: (known?.errorCount ?? 0) + errorCount,
      promptTokens: (known?.promptTokens ?? 0) + promptTokens,
      completionTokens: (known?.completionTokens ?? 0) + completionTokens,
      latencySketch: sketch.encode(),
    }
    if (known) await tx.update(projectBuckets).set(sums).where(isPlace)
    else await tx.insert(projectBuckets).values({ ...place, ...sums })
  }
}

type PlannedSpan = ReturnType<typeof planSpan>

function plan(spans: NewSpan[], start: number): PlannedSpan[] {
  const ids = spans.map((span) => span.spanId ?? newSpanId())
  return spans.map((span, index) => planSpan(span, { ids, index, start }))
}

function planSpan(span: NewSpan, at: { ids: string[]; index: number; start: number }) {
  const { parent = null, attributes = {}, events = [] } = span
  const startTime = at.start + (span.offset ?? 0)
  const isLlm = span.kind === 'LLM'
  return {
    spanId: at.ids[at.index] as string,
    parentId: typeof parent === 'number' ? (at.ids[parent] as string) : parent,
    name: span.name ?? 'step',
    spanKind: span.kind ?? 'CHAIN',
    startTime,
    endTime: startTime + (span.duration ?? 1000),
    statusCode: span.status ?? ('OK' as const),
    statusMessage: span.statusMessage ?? '',
    attributes: typeof attributes === 'string' ? attributes : JSON.stringify(attributes),
    events: typeof events === 'string' ? events : writeEvents(events, at.start),
    llmTokenCountPrompt: isLlm ? (span.promptTokens ?? 0) : null,
    llmTokenCountCompletion: isLlm ? (span.completionTokens ?? 0) : null,
    inputPreview: span.input ?? null,
    outputPreview: span.output ?? null,
  }
}

function writeEvents(events: Exclude<NewSpan['events'], string | undefined>, start: number): string {
  return JSON.stringify(
    events.map(({ name, offset = 0, attributes = {} }) => ({
      name,
      timestamp: formatTime(start + offset),
      attributes,
    })),
  )
}

const SPANS_PER_STATEMENT = 500

async function insertSpans(
  world: World,
  tx: Queries,
  planned: PlannedSpan[],
  keys: { traceRowId: number; projectId: number },
): Promise<number[]> {
  const { spans, spanRollups, traces } = world.db.t
  const idBySpanId = new Map<string, number>()
  for (let at = 0; at < planned.length; at += SPANS_PER_STATEMENT) {
    const rows = await tx
      .insert(spans)
      .values(planned.slice(at, at + SPANS_PER_STATEMENT).map((span) => ({ ...span, ...keys })))
      .returning({ id: spans.id, spanId: spans.spanId })
    for (const row of rows) idBySpanId.set(row.spanId, row.id)
  }
  const idOf = (span: PlannedSpan) => idBySpanId.get(span.spanId) as number
  const rollups = planned.filter(hasMoreBelow(planned)).map((span) => ({
    traceRowId: keys.traceRowId,
    spanRowId: idOf(span),
    ...rollUp(span, planned),
  }))
  for (let at = 0; at < rollups.length; at += SPANS_PER_STATEMENT) {
    await tx.insert(spanRollups).values(rollups.slice(at, at + SPANS_PER_STATEMENT))
  }
  const roots = planned.filter((span) => span.parentId === null || !idBySpanId.has(span.parentId))
  const first = roots.sort((a, b) => a.startTime - b.startTime)[0]
  if (first)
    await tx
      .update(traces)
      .set({ rootSpanRowId: idOf(first) })
      .where(eq(traces.id, keys.traceRowId))
  return planned.map(idOf)
}

/** A span whose sums are its own counts has no roll-up. */
const hasMoreBelow = (planned: PlannedSpan[]) => (span: PlannedSpan) => {
  const [whole, own] = [rollUp(span, planned), rollUp(span, [span])]
  return Object.values(whole).join() !== Object.values(own).join()
}

/** Sums over the span and everything below it. Only small traces: it looks at all spans for each. */
function rollUp(span: PlannedSpan, planned: PlannedSpan[]) {
  const below = new Set([span])
  if (planned.length <= 1000) {
    for (const member of below) {
      for (const child of planned) if (child.parentId === member.spanId) below.add(child)
    }
  }
  const members = [...below]
  return {
    cumulativeErrorCount: members.filter((member) => member.statusCode === 'ERROR').length,
    cumulativeLlmTokenCountPrompt: sum(members.map((member) => member.llmTokenCountPrompt)),
    cumulativeLlmTokenCountCompletion: sum(members.map((member) => member.llmTokenCountCompletion)),
  }
}

const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0)
