import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Ctx } from '#server/context'
import { createRoute } from '#server/http'
import type { Actor } from '#server/permissions'

const LOG = pino({ level: 'silent' })

function routeFor(actor: Actor) {
  const ctx = { actor, log: LOG, config: { auth: { forcedReset: 'server' } } } as unknown as Ctx
  return createRoute(async () => ctx)
}

const session = (role: 'VIEWER' | 'MEMBER' | 'ADMIN', userId = 5): Actor => ({
  kind: 'session',
  userId,
  role,
  mustReset: false,
  accessTokenId: 1,
  sessionId: 1,
})

const request = (body: string) => new Request('http://localhost/x?n=nonsense', { method: 'POST', body })

// Each request is wrong in every way that its place in the order lets it be.
describe('the gates stand in their order', () => {
  const gated = (actor: Actor) =>
    routeFor(actor)({
      can: 'project.update',
      params: z.object({ id: z.string().regex(/^\d+$/) }),
      query: z.object({ n: z.coerce.number() }),
      body: z.object({ name: z.string() }),
      run: async () => ({}),
    })
  const ask = (actor: Actor, id: string, body: string) =>
    gated(actor)(request(body), { params: Promise.resolve({ id }) })

  test.each([
    ['no credential', { kind: 'anonymous' } as Actor, 'bad', '{', 401],
    ['no right', session('MEMBER'), 'bad', '{', 403],
    ['a bad path', session('ADMIN'), 'bad', '{', 422],
    ['too large a body', session('ADMIN'), '1', ' '.repeat(1024 * 1024 + 1), 413],
    ['an undecodable body', session('ADMIN'), '1', '{', 400],
    ['a body against its schema', session('ADMIN'), '1', '{}', 422],
    ['a query against its schema', session('ADMIN'), '1', '{"name":"x"}', 422],
  ])('%s', async (_what, actor, id, body, status) => {
    expect((await ask(actor, id, body)).status).toBe(status)
  })
})

describe('an answer is kept by no cache', () => {
  const params = { params: Promise.resolve({}) }
  const admin = routeFor(session('ADMIN'))

  test.each([
    ['as JSON', admin({ can: 'project.read', run: async () => ({}) })],
    ['without a body', admin({ can: 'project.read', run: async () => {}, status: 204 })],
    ['written by itself', admin({ can: 'project.read', run: async () => 1, write: () => new Response('x') })],
  ])('%s', async (_what, handler) => {
    expect((await handler(request(''), params)).headers.get('cache-control')).toBe('no-store')
  })

  test('unless the route says how it may be kept', async () => {
    const write = () => new Response('x', { headers: { 'cache-control': 'private, max-age=5' } })
    const handler = admin({ can: 'project.read', run: async () => 1, write })
    expect((await handler(request(''), params)).headers.get('cache-control')).toBe('private, max-age=5')
  })
})

describe('a route that asks for the owner', () => {
  const owned = (actor: Actor, ownerId: number) =>
    routeFor(actor)({
      can: 'userApiKey.delete',
      owner: async ({ ctx }) => 'userId' in ctx.actor && ctx.actor.userId === ownerId,
      run: async () => 'done',
    })(request(''), { params: Promise.resolve({}) })

  test('lets the owner pass', async () => {
    expect((await owned(session('VIEWER', 5), 5)).status).toBe(200)
  })

  test('refuses somebody else', async () => {
    expect((await owned(session('MEMBER', 6), 5)).status).toBe(403)
  })

  test('lets an admin pass', async () => {
    expect((await owned(session('ADMIN', 6), 5)).status).toBe(200)
  })
})
