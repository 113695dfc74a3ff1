/** Projects: the boxes that traces are kept in. Rules and queries; JSON shapes are in wire.ts. */
import { and, desc, eq, lte, type SQL } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { decodeGlobalId } from '#server/global-id'
import { DEFAULT_PROJECT_NAME, type Project } from '#server/projects/model'
import { isStorable } from '#server/text'

export interface ProjectFilter {
  /** Rows a page has at most. */
  limit: number
  /** The row id that the page begins with, or null for the newest. */
  fromId: number | null
  /** Case-blind part of the name. */
  nameContains?: string | undefined
}

/** Projects, newest first, and the row id that the next page begins with (null at the end). */
export async function listProjects(
  ctx: Pick<Ctx, 'db'>,
  { limit, fromId, nameContains }: ProjectFilter,
): Promise<{ items: Project[]; nextId: number | null }> {
  const { projects } = ctx.db.t
  const conditions: SQL[] = []
  if (fromId !== null) conditions.push(lte(projects.id, fromId))
  if (nameContains) conditions.push(ctx.db.dialect.containsText(projects.name, nameContains))
  const rows = await ctx.db.read
    .select(columnsOf(ctx))
    .from(projects)
    .where(and(...conditions))
    .orderBy(desc(projects.id))
    .limit(limit + 1)
  return { items: rows.slice(0, limit), nextId: rows[limit]?.id ?? null }
}

/** The project with this GlobalID, or else with this exact name; a number is a row id. Null when there is none. */
export async function findProject(ctx: Pick<Ctx, 'db'>, idOrName: string | number): Promise<Project | null> {
  const { projects } = ctx.db.t
  const one = async (condition: SQL) =>
    (await ctx.db.read.select(columnsOf(ctx)).from(projects).where(condition))[0] ?? null
  if (typeof idOrName === 'number') return one(eq(projects.id, idOrName))
  const id = decodeGlobalId(idOrName)
  const byId = id?.type === 'Project' ? await one(eq(projects.id, id.rowId)) : null
  if (byId) return byId
  return isStorable(idOrName) ? one(eq(projects.name, idOrName)) : null
}

/**
 * The project with this GlobalID or exact name; a number is a row id.
 * @throws AppError not_found
 */
export async function getProject(ctx: Pick<Ctx, 'db'>, idOrName: string | number): Promise<Project> {
  const project = await findProject(ctx, idOrName)
  if (!project) throw projectNotFound(idOrName)
  return project
}

/** The refusal of a project that is not there. */
export function projectNotFound(idOrName: string | number): AppError {
  return new AppError('not_found', `Project ${JSON.stringify(String(idOrName).slice(0, 200))} not found`)
}

/**
 * Makes a project.
 * @throws AppError conflict when the name is taken
 */
export async function createProject(
  ctx: Pick<Ctx, 'db' | 'clock'>,
  input: { name: string; description?: string | null | undefined },
): Promise<Project> {
  const now = ctx.clock()
  const values = {
    name: input.name,
    description: input.description ?? null,
    createdAt: now,
    updatedAt: now,
  }
  const [project] = await ctx.db.write((tx) =>
    tx.insert(ctx.db.t.projects).values(values).onConflictDoNothing().returning(columnsOf(ctx)),
  )
  if (!project) throw new AppError('conflict', `A project named ${JSON.stringify(input.name)} already exists`)
  return project
}

/**
 * Changes a project's description; null or nothing leaves it as it is. Names never change.
 * @throws AppError not_found
 */
export async function updateProject(
  ctx: Pick<Ctx, 'db' | 'clock'>,
  idOrName: string,
  input: { description?: string | null | undefined },
): Promise<Project> {
  const project = await getProject(ctx, idOrName)
  const { description } = input
  if (description === null || description === undefined) return project
  const { projects } = ctx.db.t
  const [changed] = await ctx.db.write((tx) =>
    tx
      .update(projects)
      .set({ description, updatedAt: ctx.clock() })
      .where(eq(projects.id, project.id))
      .returning(columnsOf(ctx)),
  )
  if (!changed) throw projectNotFound(idOrName)
  return changed
}

/** Whether the project is the one that always exists. */
export const isDefaultProject = (project: Pick<Project, 'name'>) => project.name === DEFAULT_PROJECT_NAME

/** The columns of a Project. */
export function columnsOf(ctx: Pick<Ctx, 'db'>) {
  const { projects } = ctx.db.t
  return {
    id: projects.id,
    name: projects.name,
    description: projects.description,
    gradientStartColor: projects.gradientStartColor,
    gradientEndColor: projects.gradientEndColor,
    createdAt: projects.createdAt,
  }
}
