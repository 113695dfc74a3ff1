/** SQLite goes through the tables of a `cross join` in the order in which they stand. */
import { prepare } from '#server/db/bulk.sqlite'
import { KIN_MEMBERS, type Kin, type KinOf, SPAN_COLUMNS, SUM_MEMBERS } from '#server/db/kin'

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

/** Rows as lists, which the driver makes in half the time. Every place for a value but the first is the trace's. */
function ask<R extends unknown[]>({ tx, traceRowId }: KinOf, text: string, ids: readonly string[]): R[] {
  if (ids.length === 0) return []
  const places = text.split('?').length - 2
  const statement = prepare(tx, text, () => text)
  const values = [JSON.stringify(ids), ...Array.from({ length: places }, () => traceRowId)]
  return statement.raw(true).all(values) as R[]
}

type Sums = [errors: number, promptTokens: number, completionTokens: number]

export const sqliteKin: Kin = {
  whichAreStored: async (of, spanIds) => ask<[string]>(of, WHICH_ARE_STORED, spanIds).flat(),
  withAncestors: async (of, spanIds) =>
    ask<[number, string, string | null, number, ...Sums]>(of, WITH_ANCESTORS, spanIds).map(
      ([id, spanId, parentId, startTime, errors, promptTokens, completionTokens]) => ({
        id,
        spanId,
        parentId,
        startTime,
        errors,
        promptTokens,
        completionTokens,
      }),
    ),
  sumsBelow: async (of, parentIds) =>
    ask<[string, ...Sums]>(of, SUMS_BELOW, parentIds).map(
      ([parentId, errors, promptTokens, completionTokens]) => ({
        parentId,
        errors,
        promptTokens,
        completionTokens,
      }),
    ),
}
