/**
 * The spans of one trace by whom they lie below. Each question is one statement that goes from one row to the next by an
 * index, and never looks at the whole trace; where SQL leaves the way to the planner, an engine's text does not.
 */
import type { Queries } from '#server/db/database'
import type { Tables } from '#server/db/schema'

/** A trace, and where its spans are. */
export interface KinOf {
  tx: Queries
  t: Tables
  traceRowId: number
}

/** Sums over a span and everything below it. */
export interface KinSums {
  errors: number
  promptTokens: number
  completionTokens: number
}

/** A span's place in its trace, and its sums. Times are microseconds. */
export interface KinRow extends KinSums {
  id: number
  spanId: string
  parentId: string | null
  startTime: number
}

/** The sums over everything that lies below a span, whether or not the span is there. */
export interface SumsBelow extends KinSums {
  parentId: string
}

export interface Kin {
  /** Those of the span ids that the trace has. */
  whichAreStored(of: KinOf, spanIds: readonly string[]): Promise<string[]>
  /** The spans with these ids and all that lie above them, each once: those that are each other's parents too. */
  withAncestors(of: KinOf, spanIds: readonly string[]): Promise<KinRow[]>
  /** What the children of these spans sum up to; nothing for those without. */
  sumsBelow(of: KinOf, parentIds: readonly string[]): Promise<SumsBelow[]>
}

const PLACE = { id: 'id', spanId: 'span_id', parentId: 'parent_id', startTime: 'start_time' }

/** Each sum as it is kept, or what the span counts for itself where none is. */
const SUMS = {
  errors: ['cumulative_error_count', "case when # = 'ERROR' then 1 else 0 end", 'status_code'],
  promptTokens: ['cumulative_llm_token_count_prompt', 'coalesce(#, 0)', 'llm_token_count_prompt'],
  completionTokens: ['cumulative_llm_token_count_completion', 'coalesce(#, 0)', 'llm_token_count_completion'],
} as const

const sumsOf = (spans: string, wrap: string) =>
  Object.entries(SUMS).map(([member, [kept, own, column]]) => {
    const sum = `coalesce(span_rollups.${kept}, ${own.replace('#', `${spans}.${column}`)})`
    return `${wrap}(${sum}) as "${member}"`
  })

/** All that the members below are made of. */
export const SPAN_COLUMNS = [...Object.values(PLACE), ...Object.values(SUMS).map(([, , column]) => column)]
  .map((name) => `spans.${name}`)
  .join(', ')
/** Of the spans `above` and their `span_rollups`. */
export const KIN_MEMBERS = [
  ...Object.entries(PLACE).map(([member, name]) => `above.${name} as "${member}"`),
  ...sumsOf('above', ''),
].join(', ')
/** Over `spans` and their `span_rollups`. */
export const SUM_MEMBERS = sumsOf('spans', 'sum').join(', ')
