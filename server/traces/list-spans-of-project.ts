/** The two span routes of REST: the form of the query first, then the project, then its spans. */
import type { Ctx } from '#server/context'
import { getProject } from '#server/projects/projects'
import { readCursor } from '#server/query'
import { listSpans, type SpanRow } from '#server/traces/list-spans'
import { readSpanFilter, type SpanQuery } from '#server/traces/span-filter'

/**
 * A page of a project's spans, newest row first.
 * @param idOrName the project's GlobalID or exact name
 * @throws AppError invalid (cursor or filter), not_found (project)
 */
export async function listSpansOfProject(
  ctx: Pick<Ctx, 'db'>,
  idOrName: string,
  query: SpanQuery & { limit: number; cursor?: string | undefined },
): Promise<{ items: SpanRow[]; nextId: number | null }> {
  const filter = readSpanFilter(query)
  const fromId = readCursor(query.cursor)
  const { id } = await getProject(ctx, idOrName)
  return listSpans(ctx, { projectId: id, filter, limit: query.limit, fromId })
}
