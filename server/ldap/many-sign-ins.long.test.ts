import { expect, test } from 'vitest'
import { floodDirectory } from '../../test/directory-flood'

test('five hundred sign-ins at once leave the event loop free', async () => {
  const flood = await floodDirectory()
  expect(flood.statuses).toEqual({ 204: 500 })
  expect(flood.eventLoopP99Ms, JSON.stringify(flood)).toBeLessThan(50)
}, 120_000)
