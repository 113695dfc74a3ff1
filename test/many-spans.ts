/** A project of very many spans, made at the speed of the database: rows are written as they are, without ingest. */
import { createHash } from 'node:crypto'
import type Sqlite from 'better-sqlite3'
import type pg from 'pg'
import type { Database, Queries } from '#server/db/database'
import { IDS_PER_DAY } from '#server/db/partitions'
import type { StatusCode } from '#server/db/schema'
import { clientOf } from './recorded-queries'
import { ensureProject } from './traces'

export interface ManySpans {
  project: string
  spans: number
  /** The traces begin evenly in so many days before `end`, oldest first. */
  days: number
  /** Microseconds since 1970. */
  end: number
  /** Every so manieth span failed. */
  errorEvery?: number
}

export const SPANS_PER_TRACE = 8
const TRACES_PER_TRANSACTION = 1_000
const MICROS_PER_DAY = 86_400_000_000
/** Numbers of a day's traces that the sequence will not reach in a test. */
let nextNumber = 2 ** 32

const digest = (text: string) => createHash('md5').update(text).digest('hex')
const TEXT = 'The customer asked for the invoice of last month, which the archive could not find at once. '

/** Who is whose parent in each trace: a root with three children, the first of which has four. */
const PARENTS = [null, 0, 0, 0, 1, 1, 1, 1] as const
const KINDS = ['AGENT', 'CHAIN', 'TOOL', 'LLM', 'LLM', 'RETRIEVER', 'TOOL', 'LLM'] as const

/**
 * Stores the spans of a project, with their traces; sums and roll-ups are left to a recount.
 * @returns the project's row id
 */
export async function insertManySpans(db: Database, many: ManySpans): Promise<number> {
  const projectId = await db.write((tx) => ensureProject({ db } as never, tx, many.project))
  const traces = Math.ceil(many.spans / SPANS_PER_TRACE)
  const days = new Set<number>()
  for (let at = 0; at < traces; at += TRACES_PER_TRANSACTION) {
    const rows = Array.from({ length: Math.min(TRACES_PER_TRANSACTION, traces - at) }, (_, index) =>
      planTrace(db, many, { projectId, index: at + index, traces }),
    )
    await makePartitions(db, days, rows)
    await db.write((tx) => insertTraces(db, tx, rows))
  }
  return projectId
}

type TraceRow = ReturnType<typeof planTrace>

function planTrace(
  db: Database,
  { project, days, end, errorEvery = 50 }: ManySpans,
  { projectId, index, traces }: { projectId: number; index: number; traces: number },
) {
  const startTime = end - Math.floor(((traces - index) / traces) * days * MICROS_PER_DAY)
  const traceId = digest(`${project} ${index}`)
  const latency = latencyOf(index)
  const spans = PARENTS.map((parent, place) =>
    planSpan({ index, place, parent, startTime, latency, errorEvery, traceId }),
  )
  const day = Math.floor(startTime / MICROS_PER_DAY)
  const id = db.dialect.name === 'postgres' ? { id: day * IDS_PER_DAY + nextNumber++ } : {}
  return {
    row: { ...id, traceId, projectId, startTime, endTime: startTime + latency, spanCount: SPANS_PER_TRACE },
    spans,
  }
}

/** Microseconds: from 5 ms to about a minute, most of them around a second. */
export function latencyOf(index: number): number {
  const spread = ((index * 7_919) % 10_007) / 10_007
  return Math.round(5_000 * Math.exp(spread * 9.4))
}

function planSpan(at: {
  index: number
  place: number
  parent: number | null
  startTime: number
  latency: number
  errorEvery: number
  traceId: string
}) {
  const number = at.index * SPANS_PER_TRACE + at.place
  const idOf = (place: number) => digest(`${at.traceId}${place}`).slice(0, 16)
  const isLlm = KINDS[at.place] === 'LLM'
  const isError = number % at.errorEvery === at.errorEvery - 1
  return {
    spanId: idOf(at.place),
    parentId: at.parent === null ? null : idOf(at.parent),
    name: `step ${at.place}`,
    spanKind: KINDS[at.place] as string,
    startTime: at.startTime + Math.floor((at.latency * at.place) / 10),
    endTime: at.startTime + at.latency - Math.floor((at.latency * at.place) / 10),
    statusCode: (isError ? 'ERROR' : 'OK') as StatusCode,
    llmTokenCountPrompt: isLlm ? 100 + (number % 400) : null,
    llmTokenCountCompletion: isLlm ? 10 + (number % 90) : null,
    modelName: isLlm ? 'gpt-5-mini' : null,
    sessionId: null,
    userId: `user-${at.index % 500}`,
    inputPreview: TEXT,
    outputPreview: TEXT,
    statusMessage: isError ? 'the deadline passed' : '',
    attributes: JSON.stringify({
      input: { value: TEXT },
      output: { value: TEXT + number },
      user: { id: `user-${at.index % 500}` },
      metadata: { tenant: `tenant-${at.index % 40}`, attempt: 1, score: number / 7 },
    }),
    events: '[]',
  }
}

async function makePartitions(db: Database, known: Set<number>, rows: readonly TraceRow[]): Promise<void> {
  const missing = new Map<number, number>()
  for (const { row } of rows) {
    if (row.id === undefined) return
    const day = Math.floor(row.id / IDS_PER_DAY)
    if (!known.has(day)) missing.set(day, row.id)
    known.add(day)
  }
  if (missing.size > 0) await db.spanPartitions.ensureFor([...missing.values()])
}

async function insertTraces(db: Database, tx: Queries, planned: readonly TraceRow[]): Promise<void> {
  const { insertMany } = db.dialect
  const ids = await insertMany(
    tx,
    db.t.traces,
    planned.map(({ row }) => row),
  )
  const spans = planned.flatMap(({ row, spans }, index) =>
    spans.map((span) => ({ ...span, traceRowId: ids[index] as number, projectId: row.projectId })),
  )
  await insertMany(tx, db.t.spans, spans)
}

/** Brings the planner's figures up to date, as PostgreSQL does by itself after a while. */
export async function analyze(db: Database): Promise<void> {
  if (db.dialect.name === 'postgres') await clientOf<pg.Pool>(db.read).query('analyze')
  else await db.write(async (tx) => void clientOf<Sqlite.Database>(tx).exec('analyze'))
}
