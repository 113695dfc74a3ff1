/** What a project is to pages and clients. Browser-safe. */
import { z } from 'zod'

/** The project that always exists. */
export const DEFAULT_PROJECT_NAME = 'default'

/** Longest name, in bytes of UTF-8, however the project is made: what every database can index, whatever the script. */
export const MAX_PROJECT_NAME_BYTES = 1000

/** Whether a name takes more than MAX_PROJECT_NAME_BYTES. */
export function isTooLongForProject(name: string): boolean {
  // A UTF-16 unit takes three bytes at most, so that most names need no counting.
  return (
    name.length * 3 > MAX_PROJECT_NAME_BYTES && new TextEncoder().encode(name).length > MAX_PROJECT_NAME_BYTES
  )
}

export const ProjectName = z
  .string()
  .min(1, 'A project needs a name')
  .refine((name) => !isTooLongForProject(name), `At most ${MAX_PROJECT_NAME_BYTES} bytes in UTF-8`)

export interface Project {
  id: number
  name: string
  description: string | null
  gradientStartColor: string
  gradientEndColor: string
  createdAt: Date
}

/** In place of an hour: the sums over all traces that a project has. No hour has this number. */
export const WHOLE_LIFE = -1_000_000_000

/** A project with what its card shows. */
export interface ProjectSummary extends Project {
  traceCount: number
  /** Start of the newest trace, microseconds since 1970, or null when there is none. */
  lastActivity: number | null
  /** What half, and 99 of 100, of its traces did not exceed: microseconds, 1 % off at most; null without traces. */
  latencyP50: number | null
  latencyP99: number | null
}
