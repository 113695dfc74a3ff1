import { route } from '#app/_lib/handle'
import { listProjectSummaries } from '#server/projects/summaries'

export const GET = route({ can: 'project.read', run: ({ ctx }) => listProjectSummaries(ctx) })
