/** What a project is to pages and clients. Browser-safe. */
import { z } from 'zod'

/** The project that always exists. */
export const DEFAULT_PROJECT_NAME = 'default'

/** Longest name, in UTF-16 units: what every database can index, whatever the script. */
export const MAX_PROJECT_NAME_LENGTH = 500

export const ProjectName = z
  .string()
  .min(1, 'A project needs a name')
  .max(MAX_PROJECT_NAME_LENGTH, `At most ${MAX_PROJECT_NAME_LENGTH} characters`)

export interface Project {
  id: number
  name: string
  description: string | null
  gradientStartColor: string
  gradientEndColor: string
  createdAt: Date
}

/** A project with what its card shows. */
export interface ProjectSummary extends Project {
  traceCount: number
  /** Start of the newest trace, microseconds since 1970, or null when there is none. */
  lastActivity: number | null
}
