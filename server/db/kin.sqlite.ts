/** SQLite goes through the tables of a `cross join` in the order in which they stand. */
import { prepare } from '#server/db/bulk.sqlite'
import {
  KIN_MEMBERS,
  type Kin,
  type KinOf,
  type KinRow,
  SPAN_COLUMNS,
  SUM_MEMBERS,
  type SumsBelow,
} from '#server/db/kin'

const ASKED = '(select value as span_id from json_each(?)) asked'
/** Binds the trace. */
const STORED = `${ASKED} cross join spans on spans.trace_row_id = ? and spans.span_id = asked.span_id`
const ROLLUPS = 'left join span_rollups on span_rollups.trace_row_id = ? and span_rollups.span_row_id ='

const WHICH_ARE_STORED = `select spans.span_id as "spanId" from ${STORED}`

const WITH_ANCESTORS = `with recursive above as (
    select ${SPAN_COLUMNS} from ${STORED}
    union
    select ${SPAN_COLUMNS} from above cross join spans
      on spans.trace_row_id = ? and spans.span_id = above.parent_id)
  select ${KIN_MEMBERS} from above ${ROLLUPS} above.id`

const SUMS_BELOW = `select asked.span_id as "parentId", ${SUM_MEMBERS}
  from ${ASKED} cross join spans on spans.trace_row_id = ? and spans.parent_id = asked.span_id
  ${ROLLUPS} spans.id group by asked.span_id`

/** Every place for a value but the first is the trace's. */
function ask<T>({ tx, traceRowId }: KinOf, text: string, ids: readonly string[]): T[] {
  if (ids.length === 0) return []
  const places = text.split('?').length - 2
  const statement = prepare(tx, text, () => text)
  return statement.all([JSON.stringify(ids), ...Array.from({ length: places }, () => traceRowId)]) as T[]
}

export const sqliteKin: Kin = {
  whichAreStored: async (of, spanIds) =>
    ask<{ spanId: string }>(of, WHICH_ARE_STORED, spanIds).map(({ spanId }) => spanId),
  withAncestors: async (of, spanIds) => ask<KinRow>(of, WITH_ANCESTORS, spanIds),
  sumsBelow: async (of, parentIds) => ask<SumsBelow>(of, SUMS_BELOW, parentIds),
}
