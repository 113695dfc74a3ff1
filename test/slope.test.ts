import { expect, it } from 'vitest'
import { floorOf, slopeOf } from './slope'

it('gives the slope of a line, whatever its height', () => {
  expect(slopeOf([0, 1, 2, 3].map((x) => ({ x, y: 100 + 2.5 * x })))).toBeCloseTo(2.5)
})

it('sees no growth in values that go up and down evenly', () => {
  expect(slopeOf([1, 5, 5, 1].map((y, x) => ({ x, y })))).toBeCloseTo(0)
})

it('sees growth by what is left when the value is at its lowest', () => {
  const sawtooth = (growth: number) =>
    Array.from({ length: 480 }, (_, second) => ({
      x: second / 60,
      y: 300 + growth * (second / 60) + (second % 47),
    }))
  expect(floorOf(sawtooth(0), 1)).toHaveLength(8)
  expect(slopeOf(floorOf(sawtooth(0), 1))).toBeCloseTo(0)
  expect(slopeOf(floorOf(sawtooth(1.2), 1))).toBeCloseTo(1.2, 1)
})
