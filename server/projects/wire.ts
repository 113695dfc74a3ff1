/** The JSON of projects on REST. */
import { z } from 'zod'
import 'zod-openapi'
import { encodeGlobalId } from '#server/global-id'
import { type Project, ProjectName } from '#server/projects/model'
import { CursorParam, FlagParam, limitParam, OptionalQueryText, RowId } from '#server/query'
import { isStorable } from '#server/text'

const storable = <T extends z.ZodType<string>>(schema: T) =>
  schema.refine(isStorable, 'Must not hold a null byte or half a surrogate pair')

export const WireProject = z
  .object({ id: z.string(), name: z.string(), description: z.string().nullable() })
  .meta({ id: 'Project' })
export type WireProject = z.infer<typeof WireProject>

export const ProjectAnswer = z.object({ data: WireProject })
export const ProjectsAnswer = z.object({ data: z.array(WireProject), next_cursor: z.string().nullable() })

export const ProjectParams = z.object({ project_identifier: z.string() })

/** A project in the addresses of our own pages: digits are its row id, anything else a GlobalID or a name. */
export const ProjectKey = z.union([RowId, z.string()])

export const ProjectsQuery = z.object({
  cursor: CursorParam,
  limit: limitParam({ default: 100 }),
  // No experiments yet: there is nothing to leave out or to take in.
  include_experiment_projects: FlagParam,
  include_dataset_evaluator_projects: FlagParam,
  name_contains: OptionalQueryText,
})

export const CreateProjectBody = z.object({
  name: storable(ProjectName),
  description: storable(z.string()).nullish(),
})

/** A name in it has no effect: unknown properties are ignored. */
export const UpdateProjectBody = z.object({ description: storable(z.string()).nullish() })

export function projectToWire(project: Project): WireProject {
  return {
    id: encodeGlobalId('Project', project.id),
    name: project.name,
    description: project.description,
  }
}

export function projectsToWire(page: { items: Project[]; nextId: number | null }) {
  const next_cursor = page.nextId === null ? null : encodeGlobalId('Project', page.nextId)
  return { data: page.items.map(projectToWire), next_cursor }
}
