import type { IncomingMessage, ServerResponse } from 'node:http'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { OwnRequests } from '#server/auth/own-requests'
import { testConfig } from '../../test/runtime'
import { warmUp } from './warm-up'

const log = pino({ level: 'silent' })
const withAuth = (enabled: boolean) => ({
  log,
  config: testConfig({ auth: { enabled } }),
  ownRequests: new OwnRequests(),
})

/** Whether the pages would take it for the server's own request now. */
const isOwn = ({ ownRequests }: { ownRequests: OwnRequests }, { headers }: IncomingMessage) =>
  ownRequests.includes(new Headers({ 'x-bennu-own': String(headers['x-bennu-own']) }))

test.each([
  [true, ['/projects', '/login?local=1']],
  [false, ['/projects']],
])('with authentication %s each of %j is made forty times, and no more', async (enabled, urls) => {
  const world = withAuth(enabled)
  const asked: (string | undefined)[] = []
  let strangers = 0
  const end = warmUp(
    world,
    (request, response) => {
      asked.push(request.url)
      if (!isOwn(world, request)) strangers++
      response.end('a page')
    },
    0,
  )
  await vi.waitFor(() => expect(asked).toHaveLength(urls.length * 40), { timeout: 10_000 })
  await end()
  expect(asked).toEqual(Array.from({ length: 40 }, () => urls).flat())
  expect(strangers).toBe(0)
})

test('what its requests showed is worth nothing afterwards', async () => {
  const world = withAuth(true)
  const requests: IncomingMessage[] = []
  const end = warmUp(
    world,
    (request, response) => {
      requests.push(request)
      response.writeHead(503).end()
    },
    0,
  )
  await vi.waitFor(() => expect(requests).toHaveLength(1), { timeout: 10_000 })
  await end()
  expect(requests.map((request) => isOwn(world, request))).toEqual([false])
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

test.each([
  [
    'a page that cannot be made',
    'no page',
    () => {
      throw new Error('no page')
    },
  ],
  [
    'an answer that is no page',
    'answered with 503',
    (_: unknown, response: ServerResponse) => void response.writeHead(503).end(),
  ],
])('%s ends it, and the log says why', async (_, sentence, answer) => {
  const said: string[] = []
  const aloud = pino({ level: 'debug' }, { write: (line) => void said.push(line) })
  const pages = vi.fn(answer)
  const end = warmUp({ ...withAuth(true), log: aloud }, pages, 0)
  await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 })
  await end()
  expect(said[0]).toContain(sentence)
  expect(pages).toHaveBeenCalledTimes(1)
})
