import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { ProjectParams } from '#server/projects/wire'
import { listSpansOfProject } from '#server/traces/list-spans-of-project'
import { jsonText, pageToWire, SpansAnswer, SpansQuery, spanToWire } from '#server/traces/wire'

export const GET = route({
  can: 'trace.read',
  params: ProjectParams,
  query: SpansQuery,
  run: async ({ ctx, params, query }) =>
    pageToWire(await listSpansOfProject(ctx, params.project_identifier, query), spanToWire),
  write: jsonText,
  summary: "List a project's spans, newest first",
  response: SpansAnswer,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
