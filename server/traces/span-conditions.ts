/** What a filter asks, as SQL. */
import { eq, gte, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { StatusCode } from '#server/traces/model'
import type { AttributeTest, SpanFilter } from '#server/traces/span-filter'

type World = Pick<Ctx, 'db'>

/** Every part of the filter but ids and times. */
export function rowConditions(ctx: World, filter: SpanFilter): SQL[] {
  const { spans } = ctx.db.t
  const conditions: SQL[] = []
  if (filter.parentId === null) conditions.push(isNull(spans.parentId))
  else if (filter.parentId !== undefined) conditions.push(eq(spans.parentId, filter.parentId))
  if (filter.names) conditions.push(inArray(spans.name, filter.names))
  if (filter.kinds) conditions.push(inArray(spans.spanKind, filter.kinds))
  if (filter.statuses) conditions.push(statusCondition(ctx, filter.statuses))
  for (const test of filter.attributes ?? []) conditions.push(attributeCondition(ctx, test))
  return conditions
}

function statusCondition(ctx: World, statuses: readonly StatusCode[]): SQL {
  return (
    errorCondition(ctx, { statuses: [...statuses] })[0] ?? inArray(ctx.db.t.spans.statusCode, [...statuses])
  )
}

/**
 * The condition of a filter for errors alone, in the very words of the indexes on them: with a bound value the engines
 * would not see that these serve. Empty for any other filter.
 */
export function errorCondition(ctx: World, { statuses = [] }: Pick<SpanFilter, 'statuses'>): SQL[] {
  const onlyErrors = statuses.length > 0 && statuses.every((status) => status === 'ERROR')
  return onlyErrors ? [sql`${ctx.db.t.spans.statusCode} = 'ERROR'`] : []
}

function attributeCondition(ctx: World, { path, kind, value }: AttributeTest): SQL {
  const { attributes } = ctx.db.t.spans
  const type = ctx.db.dialect.jsonTypeAt(attributes, path)
  const text = ctx.db.dialect.jsonTextAt(attributes, path)
  const equal =
    kind === 'number' ? sql`cast(${text} as numeric) = cast(${value} as numeric)` : sql`${text} = ${value}`
  // A case, because only a number may be cast to one.
  return sql`case when ${type} = ${kind} then ${equal} else false end`
}

type TimeFilter = Pick<SpanFilter, 'startFrom' | 'startBefore'>

/** A range of the index on times. */
export function timeRange(ctx: World, { startFrom, startBefore }: TimeFilter): SQL[] {
  const { startTime } = ctx.db.t.spans
  const conditions: SQL[] = []
  if (startFrom !== undefined) conditions.push(gte(startTime, startFrom))
  if (startBefore !== undefined) conditions.push(lt(startTime, startBefore))
  return conditions
}

/** The same within a slice of ids, where the index on times is of no use: `+ 0` keeps the engines off it. */
export function timeConditions(ctx: World, { startFrom, startBefore }: TimeFilter): SQL[] {
  const { startTime } = ctx.db.t.spans
  const conditions: SQL[] = []
  if (startFrom !== undefined) conditions.push(sql`${startTime} + 0 >= ${startFrom}`)
  if (startBefore !== undefined) conditions.push(sql`${startTime} + 0 < ${startBefore}`)
  return conditions
}
