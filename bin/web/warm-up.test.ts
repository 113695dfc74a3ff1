import type { ServerResponse } from 'node:http'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { testConfig } from '../../test/runtime'
import { warmUp } from './warm-up'

const log = pino({ level: 'silent' })
const withAuth = (enabled: boolean) => ({ log, config: testConfig({ auth: { enabled } }) })

test.each([
  [true, '/login?local=1'],
  [false, '/projects'],
])('with authentication %s the page at %s is made sixty times, and no more', async (enabled, url) => {
  const asked: (string | undefined)[] = []
  const end = warmUp(
    withAuth(enabled),
    (request, response) => {
      asked.push(request.url)
      response.end('a page')
    },
    0,
  )
  await vi.waitFor(() => expect(asked).toHaveLength(60), { timeout: 10_000 })
  await end()
  expect(new Set(asked)).toEqual(new Set([url]))
})

test('ends after the page that is being made, and makes no other', async () => {
  const open: ServerResponse[] = []
  const end = warmUp(withAuth(true), (_request, response) => void open.push(response), 0)
  await vi.waitFor(() => expect(open).toHaveLength(1), { timeout: 10_000 })
  let hasEnded = false
  const ended = end().then(() => {
    hasEnded = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(hasEnded).toBe(false)
  open[0]?.end('a page')
  await ended
  expect(open).toHaveLength(1)
})

test('does not wait long for a page that is never made', async () => {
  const pages = vi.fn()
  const end = warmUp(withAuth(true), pages, 0)
  await vi.waitFor(() => expect(pages).toHaveBeenCalled(), { timeout: 10_000 })
  const since = performance.now()
  await end()
  expect(performance.now() - since).toBeLessThan(5_000)
})

test('a page that cannot be made ends it, and the log says why', async () => {
  const said: string[] = []
  const aloud = pino({ level: 'debug' }, { write: (line) => void said.push(line) })
  const pages = vi.fn(() => {
    throw new Error('no page')
  })
  const end = warmUp({ ...withAuth(true), log: aloud }, pages, 0)
  await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 })
  await end()
  expect(said[0]).toContain('no page')
  expect(pages).toHaveBeenCalledTimes(1)
})
