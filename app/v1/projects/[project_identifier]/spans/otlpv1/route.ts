import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { ProjectParams } from '#server/projects/wire'
import { listSpansOfProject } from '#server/traces/list-spans-of-project'
import { OtlpSpansAnswer, spanToOtlp } from '#server/traces/otlp-wire'
import { jsonText, OtlpSpansQuery, pageToWire } from '#server/traces/wire'

export const GET = route({
  can: 'trace.read',
  params: ProjectParams,
  query: OtlpSpansQuery,
  run: async ({ ctx, params, query }) =>
    pageToWire(await listSpansOfProject(ctx, params.project_identifier, query), spanToOtlp),
  write: jsonText,
  summary: "List a project's spans in the form of OTLP, newest first",
  response: OtlpSpansAnswer,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
