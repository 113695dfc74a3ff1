import { describe, expect, test } from 'vitest'
import type { Rate } from '#server/config/model'
import { type Hits, judge } from '#server/limits/window'

const FIVE_A_MINUTE: Rate = { count: 5, windowMs: 60_000 }
const START = 1_700_000_040_000

/** What becomes of requests at these seconds after the start. */
function waits(rate: Rate, seconds: readonly number[]): number[] {
  let hits: Hits = []
  return seconds.map((second) => {
    const verdict = judge(hits, rate, START + second * 1000)
    hits = verdict.hits
    return verdict.waitMs
  })
}

describe('five a minute', () => {
  test('lets five through at once and refuses the sixth until the first is a minute past', () => {
    // The first lies in the slice that ends a second after the start.
    expect(waits(FIVE_A_MINUTE, [0, 0, 0, 0, 0, 0])).toEqual([0, 0, 0, 0, 0, 61_000])
  })

  test('slides: what comes late in one minute still counts early in the next', () => {
    expect(waits(FIVE_A_MINUTE, [50, 55, 58, 59, 59, 61]).map((wait) => wait > 0)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ])
  })

  test('lets one more through as each of the five gets past', () => {
    const seconds = [0, 10, 20, 30, 40, 50, 61, 62, 71, 72]
    expect(waits(FIVE_A_MINUTE, seconds).map((wait) => wait === 0)).toEqual([
      ...[true, true, true, true, true, false],
      ...[true, false, true, false],
    ])
  })

  test('says exactly how long to wait', () => {
    expect(waits(FIVE_A_MINUTE, [0, 10, 20, 30, 40, 45.5]).at(-1)).toBe(61_000 - 45_500)
  })

  test('does not count what it refuses: trying again does not prolong the wait', () => {
    const refusals = Array.from({ length: 100 }, (_, index) => 1 + index / 2)
    expect(waits(FIVE_A_MINUTE, [0, 0, 0, 0, 0, ...refusals, 61]).at(-1)).toBe(0)
  })

  test('never lets a sixth through in any sixty seconds, whenever it is tried', () => {
    const times = Array.from({ length: 3000 }, (_, index) => (index * 37) % 1000).sort((a, b) => a - b)
    const through = times.filter((_, index) => waits(FIVE_A_MINUTE, times.slice(0, 400))[index] === 0)
    for (const time of through)
      expect(through.filter((other) => other > time - 60 && other <= time).length).toBeLessThanOrEqual(5)
  })
})

test('a limit that was lowered waits until enough are past', () => {
  const hits: Hits = [[START / 1000, 5]]
  expect(judge(hits, { count: 2, windowMs: 60_000 }, START + 5_000).waitMs).toBe(56_000)
})

test('a hundred a second keep no more than a few numbers', () => {
  let hits: Hits = []
  for (let ms = 0; ms < 5_000; ms++) hits = judge(hits, { count: 100, windowMs: 1_000 }, START + ms).hits
  expect(hits.length).toBeLessThanOrEqual(62)
})

test('a clock that was put back by a day shuts nobody out', () => {
  const { hits } = judge([], { count: 1, windowMs: 60_000 }, START + 86_400_000)
  expect(judge(hits, { count: 1, windowMs: 60_000 }, START).waitMs).toBe(0)
})
