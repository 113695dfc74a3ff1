import { beforeAll, expect, test } from 'vitest'
import * as api from '#app/api/[[...path]]/route'
import * as auth from '#app/auth/[[...path]]/route'
import * as oauth2 from '#app/oauth2/[[...path]]/route'
import * as v1 from '#app/v1/[[...path]]/route'
import { call } from '../test/call'
import { createPrincipals, type PrincipalName, type Principals } from '../test/principals'
import { createTestRuntime, type TestRuntime } from '../test/runtime'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime()
  who = await createPrincipals(runtime)
})

const handlers = { ...v1 }
const askV1 = (as: PrincipalName, method: (typeof METHODS)[number] = 'GET') =>
  call(handlers[method], {
    method,
    path: '/v1/nothing/here',
    params: { path: ['nothing', 'here'] },
    headers: who[as].headers,
  })

test.each(METHODS)('%s of an unknown path under /v1 is 401 first, then 404 as text', async (method) => {
  expect((await askV1('anonymous', method)).status).toBe(401)
  const answer = await askV1('session VIEWER', method)
  expect(answer.status).toBe(404)
  expect(answer.text).toBe('Not Found')
  expect(answer.headers.get('content-type')).toContain('text/plain')
})

test('a key of any scope learns that there is nothing', async () => {
  expect((await askV1('system key MEMBER ingest')).status).toBe(404)
})

test('a session that must set a new password may not look around', async () => {
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.update(users).set({ resetPassword: true }))
  const answer = await askV1('session MEMBER')
  await runtime.db.write((tx) => tx.update(users).set({ resetPassword: false }))
  expect(answer.status).toBe(403)
  expect(answer.text).toBe('password reset required')
})

test.each(Object.entries({ api, auth, oauth2 }))(
  'unknown paths under /%s are 404 as text for everybody and every method',
  async (prefix, module) => {
    for (const method of METHODS) {
      const answer = await call(module[method], { method, path: `/${prefix}/nothing` })
      expect(answer.status).toBe(404)
      expect(answer.text).toBe('Not Found')
      expect(answer.headers.get('content-type')).toContain('text/plain')
    }
  },
)
