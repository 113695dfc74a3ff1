import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { deleteProject } from '#server/projects/delete-project'
import { getProject, updateProject } from '#server/projects/projects'
import { ProjectAnswer, ProjectParams, projectToWire, UpdateProjectBody } from '#server/projects/wire'

export const GET = route({
  can: 'project.read',
  params: ProjectParams,
  run: async ({ ctx, params }) => ({ data: projectToWire(await getProject(ctx, params.project_identifier)) }),
  summary: 'Get a project by id or name',
  response: ProjectAnswer,
})

export const PUT = route({
  can: 'project.update',
  params: ProjectParams,
  body: UpdateProjectBody,
  run: async ({ ctx, params, body }) => ({
    data: projectToWire(await updateProject(ctx, params.project_identifier, body)),
  }),
  summary: "Change a project's description",
  response: ProjectAnswer,
})

export const DELETE = route({
  can: 'project.delete',
  params: ProjectParams,
  run: ({ ctx, params }) => deleteProject(ctx, params.project_identifier),
  status: 204,
  summary: 'Delete a project with its traces',
})

export const { POST, PATCH } = otherMethods('GET', 'PUT', 'DELETE')
