import { expect, test } from 'vitest'
import { floodDirectory } from '../../test/directory-flood'

test('five hundred people at once come in by ten slots, within the cap, and pages still answer', async () => {
  const flood = await floodDirectory()
  expect(flood.statuses).toEqual({ 204: 500 })
  expect(flood.longestMs).toBeLessThan(30_000)
  // Each of the ten has a connection that searches and one that binds.
  expect(flood.connections).toBeLessThanOrEqual(20)
  expect(flood.pages.answered).toBeGreaterThan(0)
}, 120_000)
