import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getProjectSummary } from '#server/projects/summaries'
import { ProjectKey } from '#server/projects/wire'

export const GET = route({
  can: 'project.read',
  params: z.object({ id: ProjectKey }),
  run: ({ ctx, params }) => getProjectSummary(ctx, params.id),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
