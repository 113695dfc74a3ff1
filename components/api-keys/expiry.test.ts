import { expect, it } from 'vitest'
import { expiryOf } from '#server/api-keys/expiry-model'
import { expiryTime, GRACES, graceSeconds, unusedDays } from './expiry'

const NOW = Date.parse('2026-03-01T10:00:00Z')
const DAY = 86_400_000

it('counts days from now', () => {
  expect(expiryTime('30', '', NOW)).toBe('2026-03-31T10:00:00.000Z')
})

it('never ends', () => {
  expect(expiryTime('never', '', NOW)).toBeNull()
})

it('lasts through the day that was chosen', () => {
  const end = new Date(expiryTime('date', '2026-05-09', NOW) as string)
  expect([end.getDate(), end.getHours(), end.getMinutes()]).toEqual([9, 23, 59])
})

it('refuses a date that is none', () => {
  expect(() => expiryTime('date', '', NOW)).toThrow(RangeError)
})

it('calls an expiry near under 14 days', () => {
  expect([
    expiryOf(NOW + 14 * DAY, NOW),
    expiryOf(NOW + 14 * DAY - 1, NOW),
    expiryOf(NOW, NOW),
    expiryOf(null, NOW),
  ]).toEqual(['far', 'soon', 'over', 'far'])
})

it('notices keys unused for more than 90 days, never used ones from their creation', () => {
  expect([
    unusedDays(NOW - 91 * DAY, 0, NOW),
    unusedDays(NOW - 90 * DAY, 0, NOW),
    unusedDays(null, NOW - 100 * DAY, NOW),
  ]).toEqual([91, null, 100])
})

it('lets an old value live from no time at all to thirty days', () => {
  expect(GRACES.map((grace) => graceSeconds(grace.value))).toEqual([0, 3600, 86_400, 604_800, 2_592_000])
})
