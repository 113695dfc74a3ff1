import { describe, expect, test } from 'vitest'
import { formatTime, parseTime, readTime } from '#server/wire-time'

// 2024-02-29T12:30:15Z is 1,709,209,815 s after 1970 (19,782 days and 45,015 s).
const LEAP_NOON = 1_709_209_815_000_000

describe('formatTime', () => {
  test.each([
    [0, '1970-01-01T00:00:00+00:00'],
    [LEAP_NOON, '2024-02-29T12:30:15+00:00'],
    [LEAP_NOON + 1, '2024-02-29T12:30:15.000001+00:00'],
    [LEAP_NOON + 120_000, '2024-02-29T12:30:15.120000+00:00'],
    [-1, '1969-12-31T23:59:59.999999+00:00'],
  ])('writes %d microseconds as %s', (micros, text) => {
    expect(formatTime(micros)).toBe(text)
  })

  test('writes a Date', () => {
    expect(formatTime(new Date('2024-02-29T12:30:15.007Z'))).toBe('2024-02-29T12:30:15.007000+00:00')
  })
})

describe('parseTime', () => {
  test.each([
    ['2024-02-29T12:30:15Z', LEAP_NOON],
    ['2024-02-29T12:30:15', LEAP_NOON],
    ['2024-02-29 12:30:15', LEAP_NOON],
    ['2024-02-29T13:30:15+01:00', LEAP_NOON],
    ['2024-02-29T13:30:15 01:00', LEAP_NOON],
    ['2024-02-29T05:30:15-0700', LEAP_NOON],
    ['2024-02-29T12:30:15.000001+00:00', LEAP_NOON + 1],
    ['2024-02-29T12:30:15.1', LEAP_NOON + 100_000],
    ['2024-02-29T12:30:15.123456789Z', LEAP_NOON + 123_456],
    ['2024-02-29T12:30Z', LEAP_NOON - 15_000_000],
    ['2024-02-29', LEAP_NOON - 45_015_000_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000_000],
  ])('reads %s', (text, micros) => {
    expect(parseTime(text)).toBe(micros)
  })

  test.each([
    '',
    'yesterday',
    '2023-02-29',
    '2024-13-01',
    '2024-01-01T24:00',
    '2024-01-01T10:61',
    '1709209815',
    '2024-01-01T10:00+99',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
  ])('refuses %j', (text) => {
    expect(parseTime(text)).toBeNull()
  })

  test('tells a time without an offset from one with', () => {
    expect(readTime('2024-02-29T12:30:15')?.hasOffset).toBe(false)
    expect(readTime('2024-02-29T12:30:15Z')?.hasOffset).toBe(true)
  })
})
