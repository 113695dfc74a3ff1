/** One run of the program that uses every secret there is, and keeps all that it lets out. */
import { request as httpRequest } from 'node:http'
import type { Canaries, Leavings } from './canaries'
import { ask, bearer, cookiesOf, type Sent } from './rotation-traffic'

export const EMAIL = 'admin@localhost'
const PAGES = [
  '/projects',
  '/profile',
  '/settings/general',
  '/settings/users',
  '/settings/api-keys',
  '/settings/secrets',
  '/settings/audit',
]
const PUBLIC_PAGES = ['/login', '/forgot-password', '/openapi.json', '/arize_phoenix_version', '/healthz']
/** What pages load, and everything that is on record in each of its forms. */
const DOCUMENTS = [
  '/v1/user',
  '/ui/general',
  '/ui/mail',
  '/ui/users',
  '/ui/keys?kind=system',
  '/ui/keys?kind=own',
  '/ui/secrets',
  '/v1/audit',
  '/v1/audit/export?format=jsonl',
  '/v1/audit/export?format=csv',
]

/** Where a run leaves its answers; keys, cookies and tokens that it is given become canaries. */
export interface Run {
  baseUrl: string
  canaries: Canaries
  leavings: Leavings[]
}

/** Sends, and keeps the answer: status line, headers without cookies, body. */
export async function sendAndKeep(run: Run, method: string, path: string, sent: Sent = {}) {
  const answer = await ask(run.baseUrl, method, path, sent)
  const { 'set-cookie': _cookies, ...headers } = answer.headers
  run.leavings.push({
    where: `the answer to ${method} ${path.slice(0, 60)}`,
    text: `${answer.status} ${JSON.stringify(headers)}\n${answer.text}`,
  })
  return answer
}

const secretOf = (run: Run, name: string): string => {
  const secret = run.canaries.get(name)
  if (secret === undefined) throw new Error(`no canary ${name}`)
  return secret
}

/** Signs in by name of the password's canary; the tokens of the session become canaries. */
export async function signIn(run: Run, password: string): Promise<string> {
  const answer = await ask(run.baseUrl, 'POST', '/auth/login', {
    body: { email: EMAIL, password: secretOf(run, password) },
  })
  if (answer.status !== 204) throw new Error(`sign-in with the ${password}: ${answer.status} ${answer.text}`)
  for (const cookie of cookiesOf(answer).split('; ')) {
    const [name = '', value = ''] = cookie.split('=')
    keepToken(run, `${name} of the ${password}`, value)
  }
  return cookiesOf(answer)
}

/** A token is a secret as a whole; its signature and its header, which holds its random part, are too. */
export function keepToken(run: Run, name: string, token: string): void {
  const [header = '', , signature = ''] = token.split('.')
  run.canaries.set(name, token)
  run.canaries.set(`${name}, its signature`, signature)
  run.canaries.set(`${name}, its random part`, JSON.parse(Buffer.from(header, 'base64url').toString()).kid)
}

/** Makes a key; the only answer that may hold it is not kept. */
export async function makeKey(run: Run, path: string, headers: Record<string, string>): Promise<string> {
  const { status, text } = await ask(run.baseUrl, 'POST', path, {
    headers,
    body: { data: { name: 'a key' } },
  })
  if (status !== 201) throw new Error(`${path}: ${status} ${text}`)
  const { key } = (JSON.parse(text) as { data: { key: string } }).data
  keepToken(run, `key of ${path}`, key)
  return key
}

/**
 * Every page and document, signed in and signed out.
 * @throws Error when one cannot be read: nothing would be searched there
 */
export async function readPages(run: Run, cookie: string): Promise<void> {
  for (const path of [...PAGES, ...DOCUMENTS]) await read(run, path, 200, { headers: { cookie } })
  for (const path of PUBLIC_PAGES) await read(run, path, 200)
  await read(run, '/', 307, { headers: { cookie } })
  await read(run, '/nowhere', 404, { headers: { cookie } })
  await read(run, '/nowhere', 302)
}

async function read(run: Run, path: string, expected: number, sent?: Sent): Promise<void> {
  const { status, text } = await sendAndKeep(run, 'GET', path, sent)
  if (status !== expected) throw new Error(`${path}: ${status} instead of ${expected}: ${text.slice(0, 200)}`)
}

/** Sign-ins and password changes that fail, each with a password that nobody has. */
export async function failToSignIn(run: Run, cookie: string): Promise<void> {
  const wrong = secretOf(run, 'a wrong password')
  const login = (body: unknown) => sendAndKeep(run, 'POST', '/auth/login', { body })
  await login({ email: EMAIL, password: wrong })
  await login({ email: 'nobody@example.com', password: wrong })
  await login({ email: EMAIL, password: { nested: wrong } })
  // Typed into the field above.
  await login({ email: wrong, password: 'x' })
  await sendAndKeep(run, 'POST', '/auth/password-reset-email', { body: { email: wrong } })
  await login({ email: [wrong], password: [wrong] })
  await login({ email: EMAIL, [wrong]: wrong })
  await login(wrong)
  await sendAndKeep(run, 'PATCH', '/v1/user', {
    headers: { cookie },
    body: { user: { password: secretOf(run, 'a password that is refused'), current_password: wrong } },
  })
  await sendAndKeep(run, 'PATCH', '/v1/user', {
    headers: { cookie },
    body: { user: { password: 12, x: wrong } },
  })
  await sendAndKeep(run, 'POST', '/auth/password-reset', { body: { token: wrong, password: wrong } })
}

/** Requests that carry secrets where none belong. Their senders wrote them there: only the server's own traces count. */
export async function misplaceSecrets(run: Run, keys: readonly string[]): Promise<void> {
  const all = ['a wrong password', 'PHOENIX_SECRET', 'PHOENIX_ADMIN_SECRET'].map((name) =>
    secretOf(run, name),
  )
  for (const secret of [...all, ...keys]) {
    const inUrl = encodeURIComponent(secret)
    for (const path of [
      `/v1/projects?api_key=${inUrl}`,
      `/login?password=${inUrl}`,
      `/v1/${inUrl}`,
      `/${inUrl}`,
    ])
      await ask(run.baseUrl, 'GET', path)
    await ask(run.baseUrl, 'GET', '/v1/user', { headers: bearer(`${secret}x`) })
    await ask(run.baseUrl, 'GET', '/v1/user', { headers: { authorization: secret } })
    await ask(run.baseUrl, 'GET', '/v1/user', {
      headers: { authorization: `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}` },
    })
    await ask(run.baseUrl, 'GET', '/v1/user', {
      headers: { cookie: `phoenix-access-token=${secret}; ${secret}` },
    })
    await ask(run.baseUrl, 'POST', '/auth/refresh', {
      headers: { cookie: `phoenix-refresh-token=${secret}` },
    })
    await ask(run.baseUrl, 'PUT', '/v1/secrets', { headers: bearer(secret), body: { secrets: secret } })
    await sendRaw(
      run.baseUrl,
      '/v1/traces',
      { authorization: `Bearer ${secret}` },
      `{"resourceSpans": "${secret}"`,
    )
    await sendRaw(
      run.baseUrl,
      '/auth/login',
      { 'content-type': 'application/json' },
      `{"password": "${secret}"`,
    )
  }
}

/** A body that is no JSON. */
function sendRaw(
  baseUrl: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${baseUrl}${path}`,
      { method: 'POST', agent: false, headers },
      (response) => {
        response.resume()
        response.on('end', resolve)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
