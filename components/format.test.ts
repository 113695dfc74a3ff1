import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatInstant,
  formatRelative,
  formatUptime,
  plural,
  shortId,
} from './format'

describe('formatDuration', () => {
  it.each([
    [0, '0 µs'],
    [36, '36 µs'],
    [999, '999 µs'],
    [1500, '1.5 ms'],
    [820_000, '820 ms'],
    [999_400, '999 ms'],
    [999_600, '1.00 s'],
    [1_240_000, '1.24 s'],
    [12_340_000, '12.3 s'],
    [59_990_000, '1 m 00 s'],
    [125_000_000, '2 m 05 s'],
    [11_220_000_000, '3 h 07 m'],
  ])('writes %i µs as %s', (micros, text) => {
    expect(formatDuration(micros)).toBe(text)
  })
})

describe('formatRelative', () => {
  const now = 1_790_000_000_000
  it.each([
    [-2_000, 'just now'],
    [-12_000, '12 s ago'],
    [-120_000, '2 min ago'],
    [-6 * 3_600_000, '6 h ago'],
    [-3 * 86_400_000, '3 days ago'],
    [10_000, 'just now'],
    [30_000, 'in 30 s'],
    [12 * 86_400_000, 'in 12 days'],
    [90 * 86_400_000, 'in 90 days'],
    [240 * 86_400_000, 'in 8 months'],
    [-400 * 86_400_000, '1 year ago'],
  ])('names a moment %i ms away %s', (offset, text) => {
    expect(formatRelative(now + offset, now)).toBe(text)
  })
})

it('counts in singular and plural', () => {
  expect([plural(0, 'trace'), plural(1, 'trace'), plural(6204, 'trace')]).toEqual([
    '0 traces',
    '1 trace',
    '6,204 traces',
  ])
})

it('shortens long ids and leaves short ones', () => {
  expect([shortId('7f2c000000000000000000000000 91ab'), shortId('abc')]).toEqual(['7f2c…91ab', 'abc'])
})

describe('formatInstant', () => {
  it('shows UTC to whoever chose it, to the millisecond', () => {
    expect(formatInstant(Date.UTC(2026, 10, 21, 9, 5, 7, 42), true)).toBe('2026-11-21 09:05:07.042 UTC')
  })

  it("shows the reader's own clock and how far it is from UTC", () => {
    const at = new Date(2026, 6, 1, 23, 59, 58, 7)
    expect(formatInstant(at.getTime())).toMatch(/^2026-07-01 23:59:58\.007 UTC([+-]\d\d:\d\d)?$/)
  })
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [48_240, '48.2 kB'],
    [1_236_000_000, '1.24 GB'],
    [2e15, '2000 TB'],
  ])('writes %d as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

describe('formatUptime', () => {
  it.each([
    [42, '42 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [12_000, '3 h 20 min'],
    [90_000, '1 day 1 h'],
    [1_050_000, '12 days 3 h'],
  ])('writes %d seconds as %s', (seconds, text) => expect(formatUptime(seconds)).toBe(text))
})
