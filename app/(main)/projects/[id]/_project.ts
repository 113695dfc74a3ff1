import type { Ctx } from '#server/context'
import type { ProjectSummary } from '#server/projects/model'
import { getProjectSummary } from '#server/projects/summaries'
import { loadPage } from '../../_load'

/** The project that a page's address names, by id or by name; the 404 page when there is none. */
export function projectOf(ctx: Ctx, id: string): Promise<ProjectSummary> {
  return loadPage(ctx, getProjectSummary(ctx, safeDecode(id)))
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
