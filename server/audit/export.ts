/** The whole audit log, or what a filter leaves of it, as a file that is written while it is read. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, gt, lte } from 'drizzle-orm'
import { HEAD } from '#server/audit/chain'
import { type AuditFilter, type AuditQuestion, readFilter } from '#server/audit/filter'
import { recordEvent } from '#server/audit/record'
import { csvEntry, csvHead, entryJson } from '#server/audit/wire'
import type { Ctx } from '#server/context'
import { authLogger } from '#server/log'

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Entries that are looked at in one go: between two of them others get their turn. */
const SLICE = 1000

export interface ExportInput {
  format: ExportFormat
  question: AuditQuestion
}

/**
 * Entries in the order of the chain, up to the moment of the call, one chunk of the stream for each 1,000 looked at. The
 * export is itself on record before its first byte, and that entry is in it. Nothing is read ahead of whoever takes it,
 * and nothing any more once they have left.
 * @throws AppError invalid (422): the range of time ends before it begins
 */
export async function exportAudit(ctx: Ctx, input: ExportInput): Promise<ReadableStream<Uint8Array>> {
  const filter = await readFilter(ctx, input.question)
  await ctx.db.write((tx) => recordEvent(tx, ctx, eventOf(input)))
  const { auditChain } = ctx.db.t
  const [head] = await ctx.db.read
    .select({ count: auditChain.count })
    .from(auditChain)
    .where(eq(auditChain.id, HEAD))
  return streamOf(ctx, chunksOf(ctx, filter, input.format, head?.count ?? 0))
}

/** Which filters were set; names and addresses among them are personal and stay out of the chain. */
function eventOf({ format, question }: ExportInput) {
  const { action, outcome, from, until } = question
  const names = Object.entries(question).filter(([, value]) => value !== undefined && value !== '')
  const instant = (micros: number | undefined) =>
    micros === undefined ? null : new Date(micros / 1000).toISOString()
  return {
    action: 'audit.export',
    outcome: 'success',
    details: {
      format,
      filters: names.map(([name]) => name),
      ...(action && { action }),
      ...(outcome && { outcome }),
      ...(from !== undefined && { from: instant(from) }),
      ...(until !== undefined && { until: instant(until) }),
    },
  } as const
}

interface Chunk {
  text: string
  entries: number
}

async function* chunksOf(
  { db }: Pick<Ctx, 'db'>,
  { indexed, time, rest }: AuditFilter,
  format: ExportFormat,
  upTo: number,
): AsyncGenerator<Chunk> {
  const { auditEvents: t } = db.t
  if (format === 'csv') yield { text: csvHead(), entries: 0 }
  for (let after = 0; after < upTo; after += SLICE) {
    const slice = and(gt(t.id, after), lte(t.id, Math.min(after + SLICE, upTo)))
    const rows = await db.read
      .select()
      .from(t)
      .where(and(slice, indexed, time, rest))
      .orderBy(asc(t.id))
    const lines = rows.map(entryJson).map((entry) => {
      return format === 'csv' ? csvEntry(entry) : `${JSON.stringify(entry)}\n`
    })
    yield { text: lines.join(''), entries: rows.length }
  }
}

/** One chunk whenever the receiver has taken the one before. */
function streamOf(ctx: Pick<Ctx, 'log'>, chunks: AsyncGenerator<Chunk>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let entries = 0
  let left = false
  const end = (complete: boolean) =>
    authLogger(ctx.log).info({ entries, complete }, 'the export of the audit log ended')
  return new ReadableStream({
    async pull(controller) {
      while (!left) {
        // SQLite answers without ever giving way: an export must not keep other requests waiting.
        await nextTurn()
        const { value, done } = await chunks.next()
        if (done) {
          end(true)
          controller.close()
          return
        }
        entries += value.entries
        if (value.text === '') continue
        if (!left) controller.enqueue(encoder.encode(value.text))
        return
      }
    },
    async cancel() {
      left = true
      end(false)
      await chunks.return(undefined)
    },
  })
}
