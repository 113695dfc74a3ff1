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
  'x-bennu-own' in headers &&
  ownRequests.includes(new Headers({ 'x-bennu-own': String(headers['x-bennu-own']) }))

/** Answers, and remembers what was asked for in whose name. */
function recorder(world: { ownRequests: OwnRequests }, statusOf: (url: string) => number = () => 200) {
  const asked: string[] = []
  const requests: IncomingMessage[] = []
  const pages = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request)
    asked.push(`${request.url}${isOwn(world, request) ? ' for the server' : ''}`)
    response.writeHead(statusOf(request.url ?? '')).end('a page')
  }
  return { asked, requests, pages }
}

const times = (count: number, what: string) => Array.from({ length: count }, () => what)

test.each([
  [true, [...times(40, '/projects for the server'), ...times(40, '/login?local=1')]],
  [false, times(40, '/projects')],
])(
  'with authentication %s pages are made forty times, and only those behind it for the server',
  async (enabled, expected) => {
    const world = withAuth(enabled)
    const { asked, pages } = recorder(world)
    const end = warmUp(world, pages, 0)
    await vi.waitFor(() => expect(asked).toHaveLength(expected.length), { timeout: 10_000 })
    await end()
    expect(asked).toEqual(expected)
  },
)

test('what its requests showed is worth nothing afterwards, nor once it is told to end', async () => {
  const world = withAuth(true)
  const { asked, requests, pages } = recorder(world)
  const end = warmUp(world, pages, 0)
  await vi.waitFor(() => expect(asked).toHaveLength(80), { timeout: 10_000 })
  await vi.waitFor(() => expect(requests.some((request) => isOwn(world, request))).toBe(false))
  await end()

  const open: IncomingMessage[] = []
  const endAtOnce = warmUp(world, (request) => void open.push(request), 0)
  await vi.waitFor(() => expect(open).toHaveLength(1), { timeout: 10_000 })
  expect(open.some((request) => isOwn(world, request))).toBe(true)
  const ended = endAtOnce()
  expect(open.some((request) => isOwn(world, request))).toBe(false)
  await ended
})

test('a page that is not there keeps no other from being warm', async () => {
  const world = withAuth(true)
  const { asked, pages } = recorder(world, (url) => (url === '/projects' ? 503 : 200))
  const end = warmUp(world, pages, 0)
  await vi.waitFor(() => expect(asked).toHaveLength(41), { timeout: 10_000 })
  await end()
  expect(asked.filter((what) => what.startsWith('/projects'))).toHaveLength(1)
})

test('a page that takes long is made less often', async () => {
  const said: string[] = []
  const aloud = pino({ level: 'debug' }, { write: (line) => void said.push(line) })
  let made = 0
  vi.spyOn(performance, 'now').mockImplementation(() => made * 1_600)
  const pages = (_: unknown, response: ServerResponse) => {
    made++
    response.end('a page')
  }
  const end = warmUp({ ...withAuth(false), log: aloud }, pages, 0)
  await vi.waitFor(() => expect(said.join()).toContain('the warm-up is over'), { timeout: 10_000 })
  vi.restoreAllMocks()
  await end()
  expect(made).toBe(2)
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
