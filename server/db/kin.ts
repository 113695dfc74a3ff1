/**
 * The spans of one trace by whom they lie below. Each question is one statement that goes from one row to the next by an
 * index, and never looks at the whole trace; where SQL leaves the way to the planner, an engine's text does not.
 */
import type { Queries } from '#server/db/database'
import type { StatusCode, Tables } from '#server/db/schema'

/** A trace, and where its spans are. */
export interface KinOf {
  tx: Queries
  t: Tables
  traceRowId: number
}

/** A span without its wide columns. Times are microseconds. */
export interface KinRow {
  id: number
  spanId: string
  parentId: string | null
  startTime: number
  endTime: number
  statusCode: StatusCode
  llmTokenCountPrompt: number | null
  llmTokenCountCompletion: number | null
  /** The sums over it and everything below it; null where they are what it counts for itself. */
  errors: number | null
  promptTokens: number | null
  completionTokens: number | null
}

/** The sums over everything that lies below a span, whether or not the span is there. */
export interface SumsBelow {
  parentId: string
  errors: number
  promptTokens: number
  completionTokens: number
}

export interface Kin {
  /** Those of the span ids that the trace has. */
  whichAreStored(of: KinOf, spanIds: readonly string[]): Promise<string[]>
  /** The spans with these ids and all that lie above them, each once: those that are each other's parents too. */
  withAncestors(of: KinOf, spanIds: readonly string[]): Promise<KinRow[]>
  /** What the children of these spans sum up to; nothing for those without. */
  sumsBelow(of: KinOf, parentIds: readonly string[]): Promise<SumsBelow[]>
}

const COLUMNS = {
  id: 'id',
  spanId: 'span_id',
  parentId: 'parent_id',
  startTime: 'start_time',
  endTime: 'end_time',
  statusCode: 'status_code',
  llmTokenCountPrompt: 'llm_token_count_prompt',
  llmTokenCountCompletion: 'llm_token_count_completion',
}
const SUMS = {
  errors: 'cumulative_error_count',
  promptTokens: 'cumulative_llm_token_count_prompt',
  completionTokens: 'cumulative_llm_token_count_completion',
}

const list = (names: Record<string, string>, table: string) =>
  Object.values(names).map((name) => `${table}.${name}`)
const aliases = (names: Record<string, string>, table: string) =>
  Object.entries(names).map(([member, name]) => `${table}.${name} as "${member}"`)

export const SPAN_COLUMNS = list(COLUMNS, 'spans').join(', ')
/** Of the spans `above` and their `span_rollups`. */
export const KIN_MEMBERS = [...aliases(COLUMNS, 'above'), ...aliases(SUMS, 'span_rollups')].join(', ')
/** Of `spans` and their `span_rollups`. */
export const SUM_MEMBERS = `sum(coalesce(span_rollups.${SUMS.errors}, case when spans.status_code = 'ERROR' then 1 else 0 end)) as "errors",
  sum(coalesce(span_rollups.${SUMS.promptTokens}, spans.llm_token_count_prompt, 0)) as "promptTokens",
  sum(coalesce(span_rollups.${SUMS.completionTokens}, spans.llm_token_count_completion, 0)) as "completionTokens"`
