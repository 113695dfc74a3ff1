import { expect, it } from 'vitest'
import { barOf, ticksFor } from './axis'

it('rules 4.82 s in whole seconds', () => {
  expect(ticksFor(4_820_000).map((tick) => tick.micros)).toEqual([
    0, 1_000_000, 2_000_000, 3_000_000, 4_000_000,
  ])
})

it('rules 700 ms in steps of 200 ms', () => {
  expect(ticksFor(700_000).map((tick) => tick.micros)).toEqual([0, 200_000, 400_000, 600_000])
})

it('never divides a microsecond', () => {
  expect(ticksFor(2).map((tick) => tick.micros)).toEqual([0, 1, 2])
})

it('has one tick for a trace without length', () => {
  expect(ticksFor(0)).toEqual([{ at: 0, micros: 0 }])
})

it('places a bar by its share of the trace', () => {
  expect(barOf({ startTime: 150, endTime: 175 }, 100, 200)).toEqual({ left: 0.5, width: 0.25 })
})

it('keeps a span of no length in place', () => {
  expect(barOf({ startTime: 100, endTime: 100 }, 100, 100)).toEqual({ left: 0, width: 0 })
})
