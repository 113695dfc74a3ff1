import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Ctx } from '#server/context'
import { createRoute } from '#server/http'
import type { Actor } from '#server/permissions'

const LOG = pino({ level: 'silent' })

function routeFor(actor: Actor) {
  const ctx = { actor, log: LOG, db: {}, config: { auth: { forcedReset: 'server' } } } as unknown as Ctx
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

const request = (body: string, type = 'application/json') =>
  new Request('http://localhost/x?n=nonsense', { method: 'POST', body, headers: { 'content-type': type } })

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
  const ask = (actor: Actor, id: string, body: string, type?: string) =>
    gated(actor)(request(body, type), { params: Promise.resolve({ id }) })

  test.each([
    ['no credential', { kind: 'anonymous' } as Actor, 'bad', '{', 401],
    ['no right', session('MEMBER'), 'bad', '{', 403],
    ['a bad path', session('ADMIN'), 'bad', '{', 422],
    ['too large a body', session('ADMIN'), '1', ' '.repeat(1024 * 1024 + 1), 413],
    ['a body of another type', session('ADMIN'), '1', '{', 415, 'text/plain'],
    ['an undecodable body', session('ADMIN'), '1', '{', 400],
    ['a body against its schema', session('ADMIN'), '1', '{}', 422],
    ['a query against its schema', session('ADMIN'), '1', '{"name":"x"}', 422],
  ])('%s', async (_what, actor, id, body, status, type = 'application/json') => {
    expect((await ask(actor, id, body, type)).status).toBe(status)
  })
})

describe('the type of a body', () => {
  const handler = routeFor(session('ADMIN'))({
    can: 'project.update',
    body: z.object({ name: z.string() }).optional(),
    run: async () => ({}),
  })
  const send = async (headers: Record<string, string>, text = '{"name":"x"}') => {
    // Bytes, because text is given a type of its own.
    const body = text === '' ? null : new TextEncoder().encode(text)
    const sent = new Request('http://localhost/x', { method: 'POST', headers, body })
    return (await handler(sent, { params: Promise.resolve({}) })).status
  }
  const origin = 'http://localhost'

  test.each([
    'text/plain;charset=UTF-8',
    'text/plain; x=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json, text/plain',
    'json',
  ])('%s is a 415', async (type) => {
    expect(await send({ 'content-type': type })).toBe(415)
    expect(await send({ 'content-type': type, origin })).toBe(415)
  })

  test.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset=utf-8',
    'application/vnd.api+json',
  ])('%s is read', async (type) => {
    expect(await send({ 'content-type': type, origin })).toBe(200)
  })

  test('may be left out by a program and not by a page', async () => {
    expect(await send({})).toBe(200)
    expect(await send({ origin })).toBe(415)
  })

  test('is nothing to ask for where there is no body', async () => {
    expect(await send({ origin }, '')).toBe(200)
    expect(await send({ origin, 'content-type': 'text/plain' }, '')).toBe(200)
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
