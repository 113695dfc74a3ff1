import { expect, it } from 'vitest'
import { slopeOf } from './slope'

it('gives the slope of a line, whatever its height', () => {
  expect(slopeOf([0, 1, 2, 3].map((x) => ({ x, y: 100 + 2.5 * x })))).toBeCloseTo(2.5)
})

it('sees no growth in values that go up and down evenly', () => {
  expect(slopeOf([1, 5, 5, 1].map((y, x) => ({ x, y })))).toBeCloseTo(0)
})
