/** What the running program shows of accounts, and to whom. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, startProgram } from '../test/program'

const ADMIN_SECRET = 'admin-secret-0123456789-abcdefghijklmn'

describe('with authentication on', () => {
  let program: Program
  let ingestKey: string
  beforeAll(async () => {
    program = await startProgram({
      env: {
        PHOENIX_ENABLE_AUTH: 'true',
        PHOENIX_SECRET: 'test-secret-0123456789-abcdefghijkl',
        PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
      },
    })
    const made = await fetch(`${program.baseUrl}/v1/system/api_keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { name: 'sender', scope: 'ingest' } }),
    })
    ingestKey = ((await made.json()) as { data: { key: string } }).data.key
  })
  afterAll(async () => {
    await program.stop()
  })

  // The cookie takes the request past the middleware, to the pages themselves.
  const asSender = (path: string) =>
    fetch(`${program.baseUrl}${path}`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${ingestKey}`, cookie: 'phoenix-access-token=x' },
    })

  it.each(['/reset-password', '/projects', '/settings/api-keys', '/nothing'])(
    '%s does not tell an ingest key whose it is',
    async (path) => {
      const text = await (await asSender(path)).text()
      expect(text.includes('system@localhost')).toBe(false)
    },
  )

  it('the login form sends nothing by itself, neither as an address nor as a body', async () => {
    const page = await (await fetch(`${program.baseUrl}/login`)).text()
    expect(page.match(/<form[^>]*>/g)).toEqual([expect.stringContaining('method="dialog"')])
  })

  it('a form that was sent without a script leads back to the page', async () => {
    const answer = await fetch(`${program.baseUrl}/login`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'a@example.com', password: 'x' }),
    })
    expect([answer.status, (await answer.text()).includes('<form')]).toEqual([200, true])
  })
})

describe('with authentication off', () => {
  let program: Program
  beforeAll(async () => {
    program = await startProgram()
  })
  afterAll(async () => {
    await program.stop()
  })

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s finds nothing under /auth',
    async (method) => {
      for (const path of ['/auth', '/auth/login', '/auth/logout', '/auth/refresh']) {
        const answer = await fetch(`${program.baseUrl}${path}`, { method, redirect: 'manual' })
        expect([path, answer.status]).toEqual([path, 404])
      }
    },
  )
})
