/**
 * The planner takes every trace for one of average size, where reading all of it costs next to nothing, and so would join
 * with all of it in every round. A `lateral` part with a limit, or that sums up, is run for each row by itself.
 */
import { run } from '#server/db/bulk.postgres'
import {
  KIN_MEMBERS,
  type Kin,
  type KinOf,
  type KinRow,
  SPAN_COLUMNS,
  SUM_MEMBERS,
  type SumsBelow,
} from '#server/db/kin'

const ASKED = 'unnest($2::text[]) as asked(span_id)'
const ROLLUPS = `left join lateral (select * from span_rollups
  where span_rollups.trace_row_id = $1 and span_rollups.span_row_id =`

// `between`, because of `=` the planner thinks that the index on span ids alone is as good: anybody can send one span id
// in a thousand traces.
const withSpanId = (spanId: string) => `(select ${SPAN_COLUMNS} from spans
  where spans.trace_row_id = $1 and spans.span_id between ${spanId} and ${spanId} limit 1) spans`

const WHICH_ARE_STORED = `select spans.span_id as "spanId"
  from ${ASKED} cross join lateral ${withSpanId('asked.span_id')}`

const WITH_ANCESTORS = `with recursive above as (
    select spans.* from ${ASKED} cross join lateral ${withSpanId('asked.span_id')}
    union
    select spans.* from above cross join lateral ${withSpanId('above.parent_id')})
  select ${KIN_MEMBERS} from above ${ROLLUPS} above.id limit 1) span_rollups on true`

const SUMS_BELOW = `select asked.span_id as "parentId", below.* from ${ASKED} cross join lateral (
    select ${SUM_MEMBERS} from spans ${ROLLUPS} spans.id limit 1) span_rollups on true
    where spans.trace_row_id = $1 and spans.parent_id = asked.span_id having count(*) > 0) below`

async function ask<T>({ tx, t, traceRowId }: KinOf, text: string, ids: readonly string[]): Promise<T[]> {
  if (ids.length === 0) return []
  return (await run(tx, t.spans, text, () => text, [traceRowId, ids])) as T[]
}

export const postgresKin: Kin = {
  whichAreStored: async (of, spanIds) =>
    (await ask<{ spanId: string }>(of, WHICH_ARE_STORED, spanIds)).map(({ spanId }) => spanId),
  withAncestors: (of, spanIds) => ask<KinRow>(of, WITH_ANCESTORS, spanIds),
  sumsBelow: (of, parentIds) => ask<SumsBelow>(of, SUMS_BELOW, parentIds),
}
