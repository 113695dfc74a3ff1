import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { createProject, listProjects } from '#server/projects/projects'
import {
  CreateProjectBody,
  ProjectAnswer,
  ProjectsAnswer,
  ProjectsQuery,
  projectsToWire,
  projectToWire,
} from '#server/projects/wire'
import { readCursor } from '#server/query'

export const GET = route({
  can: 'project.read',
  query: ProjectsQuery,
  run: async ({ ctx, query }) =>
    projectsToWire(
      await listProjects(ctx, {
        limit: query.limit,
        fromId: readCursor(query.cursor),
        nameContains: query.name_contains,
      }),
    ),
  summary: 'List projects',
  response: ProjectsAnswer,
})

export const POST = route({
  can: 'project.create',
  body: CreateProjectBody,
  run: async ({ ctx, body }) => ({ data: projectToWire(await createProject(ctx, body)) }),
  summary: 'Create a project',
  response: ProjectAnswer,
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
