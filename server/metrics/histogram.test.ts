import { expect, test } from 'vitest'
import { HistogramCounter } from '#server/metrics/histogram'

test('a value that is a bound belongs below it, one above all bounds to the last bucket', () => {
  const histogram = new HistogramCounter([1, 2])
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value)
  expect(histogram.read()).toEqual({ bounds: [1, 2], counts: [2, 2, 1], sum: 7.5 })
})
