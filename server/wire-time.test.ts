import { expect, test } from 'vitest'
import { wireTime, wireTimeMicros } from '#server/wire-time'

test('a whole second has no fraction', () => {
  expect(wireTime(new Date('2026-03-01T10:20:30.000Z'))).toBe('2026-03-01T10:20:30+00:00')
})

test('a fraction has six digits', () => {
  expect(wireTime(new Date('2026-03-01T10:20:30.007Z'))).toBe('2026-03-01T10:20:30.007000+00:00')
})

test('microseconds are kept', () => {
  expect(wireTimeMicros(1_700_000_000_000_001)).toBe('2023-11-14T22:13:20.000001+00:00')
})

test('midnight of 1970 is the zero point', () => {
  expect(wireTimeMicros(0)).toBe('1970-01-01T00:00:00+00:00')
})

test('a time before 1970 counts backwards from it', () => {
  expect(wireTimeMicros(-1)).toBe('1969-12-31T23:59:59.999999+00:00')
})
