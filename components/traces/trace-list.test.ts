import { expect, it } from 'vitest'
import type { TraceSummary } from '#server/traces/model'
import { appendPage, countNew, mergeHead, refreshKnown } from './trace-list'

const row = (id: number, spanCount = 1): TraceSummary => ({
  id,
  traceId: `t${id}`,
  startTime: id * 10,
  endTime: id * 10 + 5,
  spanCount,
  errorCount: 0,
  promptTokens: 0,
  completionTokens: 0,
  root: null,
})
const ids = (list: { rows: TraceSummary[] }) => list.rows.map((r) => r.id)

it('appends older rows once, even when pages overlap', () => {
  const list = appendPage(
    { rows: [row(5), row(4)], nextCursor: 'a' },
    { items: [row(4), row(3)], nextCursor: 'b' },
  )
  expect([ids(list), list.nextCursor]).toEqual([[5, 4, 3], 'b'])
})

it('puts new rows on top and keeps the cursor of the oldest', () => {
  const list = mergeHead(
    { rows: [row(5), row(4)], nextCursor: 'old' },
    { items: [row(6), row(5)], nextCursor: 'head' },
  )
  expect([ids(list), list.nextCursor]).toEqual([[6, 5, 4], 'old'])
})

it('starts anew when the newest page does not reach the list', () => {
  const list = mergeHead(
    { rows: [row(5)], nextCursor: 'old' },
    { items: [row(99), row(98)], nextCursor: 'head' },
  )
  expect([ids(list), list.nextCursor]).toEqual([[99, 98], 'head'])
})

it('puts a late trace in its place by start', () => {
  const list = mergeHead(
    { rows: [row(9), row(5)], nextCursor: null },
    { items: [row(9), row(7), row(5)], nextCursor: null },
  )
  expect(ids(list)).toEqual([9, 7, 5])
})

it('refreshes figures without adding or moving rows', () => {
  const list = refreshKnown(
    { rows: [row(5), row(4)], nextCursor: null },
    { items: [row(6), row(5, 7)], nextCursor: null },
  )
  expect(list.rows.map((r) => [r.id, r.spanCount])).toEqual([
    [5, 7],
    [4, 1],
  ])
})

it('counts what is new', () => {
  expect(
    countNew({ rows: [row(5)], nextCursor: null }, { items: [row(7), row(6), row(5)], nextCursor: null }),
  ).toBe(2)
})
