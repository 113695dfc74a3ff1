import { expect, test } from 'vitest'
import { floodDirectory } from '../../test/directory-flood'

test('five hundred people at once come in by ten slots, within the cap, and pages still answer', async () => {
  const flood = await floodDirectory()
  expect(flood.statuses).toEqual({ 204: 500 })
  expect(flood.longestMs).toBeLessThan(30_000)
  // Each of the ten has one that searches and one that binds; slapd may notice late that an earlier one has ended.
  expect(flood.connections).toBeLessThanOrEqual(30)
  expect(flood.pages.answered).toBeGreaterThan(0)
}, 120_000)
