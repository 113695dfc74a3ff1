import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getProject } from '#server/projects/projects'
import { ProjectKey } from '#server/projects/wire'
import { CursorParam, limitParam } from '#server/query'
import { listTraces, MAX_TRACES_PER_PAGE } from '#server/traces/traces'

export const GET = route({
  can: 'trace.read',
  params: z.object({ id: ProjectKey }),
  query: z.object({ cursor: CursorParam, limit: limitParam({ default: 50, max: MAX_TRACES_PER_PAGE }) }),
  run: async ({ ctx, params, query }) => {
    const { id: projectId } = await getProject(ctx, params.id)
    return listTraces(ctx, { projectId, cursor: query.cursor ?? null, limit: query.limit })
  },
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
