import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { listProjectSummaries } from '#server/projects/summaries'

export const GET = route({ can: 'project.read', run: ({ ctx }) => listProjectSummaries(ctx) })

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
