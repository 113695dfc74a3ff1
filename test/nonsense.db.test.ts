/** Whatever is sent to a route, the answer is no 500 and tells nothing of the inside. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IngestClient } from '#server/ingest/client'
import { startIngest } from '#server/ingest/start'
import type { Runtime } from '#server/runtime'
import { type Answer, type Call, call } from './call'
import { createPrincipals, type PrincipalName, type Principals, TEST_ADMIN_SECRET } from './principals'
import { createTestRuntime } from './runtime'
import { insertTrace } from './traces'

type Handler = Parameters<typeof call>[0]
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

interface Target {
  /** `GET /v1/projects/{project_identifier}` */
  name: string
  method: string
  path: string
  parameters: string[]
  handler: Handler
}

const modules = import.meta.glob<Record<string, Handler | undefined>>('../app/**/route.ts', { eager: true })
const TARGETS: Target[] = Object.entries(modules).flatMap(([file, module]) => {
  const path = file.slice('../app'.length, -'/route.ts'.length).replace(/\[+(?:\.\.\.)?(\w+)\]+/g, '{$1}')
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  return METHODS.flatMap((method) => {
    const handler = module[method]
    return handler ? [{ name: `${method} ${path}`, method, path, parameters, handler }] : []
  })
})

let who: Principals
let ingest: IngestClient
/** Everything that reached the log as an error: the sign of an answer that nobody planned. */
const logged: unknown[] = []

beforeAll(async () => {
  const runtime = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  const collect = (...parts: unknown[]) => void logged.push(parts)
  const log = Object.assign(Object.create(runtime.log), {
    error: collect,
    child: () => log,
  }) as Runtime['log']
  runtime.log = log
  ingest = await startIngest(runtime.config, runtime.log)
  runtime.ingest = ingest
  who = await createPrincipals(runtime)
  await insertTrace(runtime, { spans: [{ attributes: { a: { b: [{ c: 1 }] } } }, { parent: 0 }] })
})

afterAll(async () => {
  await ingest?.drain()
})

/** The marks of an answer that shows the inside. */
const INSIDE = /\n\s+at |node_modules|\.ts:\d|SQLITE_|select .* from |drizzle|Internal Server Error/i

/** What is documented for the route that mails a link while no mail is sent. */
const isSwitchedOff = ({ status, text }: Answer) =>
  status === 503 && text === 'This server sends no mail: ask an admin to reset your password'

function judge(answer: Answer, what: string): void {
  // Emptied, so that one fault is not told again for every request after it.
  expect(logged.splice(0), what).toEqual([])
  if (!isSwitchedOff(answer)) {
    expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
  }
  if (answer.status >= 400) {
    expect(answer.text, what).not.toMatch(INSIDE)
    expect(answer.headers.get('content-type') ?? 'text/plain', what).toMatch(/^(text\/plain|application\/)/)
  }
}

async function send(target: Target, options: Call & { as: PrincipalName; param?: string }): Promise<Answer> {
  const { as, param = 'x', path = '', headers = {}, ...rest } = options
  const params: Record<string, string | string[]> = {}
  for (const name of target.parameters) params[name] = name === 'path' ? [param] : param
  const address = target.path.replaceAll(/\{\w+\}/g, encodeURIComponent(safe(param)))
  return call(target.handler, {
    ...rest,
    method: target.method,
    path: `${address}${path}`,
    params,
    headers: { ...who[as].headers, ...headers },
    ...(target.method === 'GET' ? { body: undefined } : {}),
  })
}

/** A lone surrogate cannot be in an address. */
const safe = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd')

test('there are routes to try', () => {
  expect(TARGETS.length).toBeGreaterThan(40)
})

const PARAMS = [
  '',
  ' ',
  '\0',
  '..',
  '%',
  '%00',
  'null',
  '-1',
  '1e999',
  '9'.repeat(40),
  'x'.repeat(5000),
  '🦩',
  '\u202e',
  "';--",
  'UHJvamVjdDox',
  'U3BhbjoxAA==',
  'UHJvamVjdDo5OTk5OTk5OTk5OTk5OTk5',
  '__proto__',
  '{"a":1}',
]

const QUERIES = [
  '?',
  '?&&=',
  '?limit=1e999',
  '?limit=-0',
  '?limit=0x10',
  `?limit=${'9'.repeat(30)}`,
  '?limit=1&limit=2',
  '?cursor=',
  '?cursor=%00',
  '?cursor=%ff%fe',
  '?cursor=MA',
  '?cursor=UHJvamVjdDotMQ==',
  '?start_time=9999-12-31T23:59:59%2B23:59',
  '?start_time=0000-01-01',
  '?end_time=%00',
  '?name=%00',
  '?name=%ed%a0%80',
  '?attribute=a:1e999',
  '?attribute=%22%5C:1',
  `?attribute=a:${'9'.repeat(400)}`,
  `?attribute=${'a.'.repeat(60)}:1`,
  '?attribute=a:%22%5Cud800%22',
  '?span_kind=%00',
  '?__proto__=1',
  '?constructor=x',
  '?parent_id=',
  `?name=${'x'.repeat(10_000)}`,
  '?name_contains=%25',
  '?name_contains=%5C',
  '?search=%00',
  '?search=%ed%a0%80',
  '?search=%25%5C_',
  '?block=%00',
]

const BODIES: [string, unknown][] = [
  ['nothing', undefined],
  ['blanks', '   '],
  ['half an object', '{'],
  ['null', 'null'],
  ['a number', '1e999'],
  ['thirty digits', '{"name":123456789012345678901234567890,"data":1}'],
  ['a list', '[]'],
  ['lists in lists', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['objects in objects', `${'{"data":'.repeat(5000)}1${'}'.repeat(5000)}`],
  [
    'half a surrogate pair',
    '{"name":"\\ud800","description":"\\udfff","data":{"name":"\\ud800"},"email":"\\ud800","password":"\\ud800","user":{"username":"\\ud800"}}',
  ],
  [
    'a null byte',
    '{"name":"\\u0000","data":{"name":"\\u0000"},"email":"\\u0000","password":"\\u0000","user":{"username":"\\u0000"}}',
  ],
  [
    'half a character in an account',
    '{"user":{"auth_method":"LOCAL","email":"\\ud800@example.com","username":"\\udfff","role":"\\ud800","password":"\\ud800","disabled_reason":"\\ud800"}}',
  ],
  [
    'a null byte in an account',
    '{"user":{"auth_method":"LOCAL","email":"a\\u0000@example.com","username":"a\\u0000","role":"MEMBER","password":"\\u0000 and more","current_password":"\\u0000"}}',
  ],
  ['a password of a megabyte, nearly', `{"user":{"password":"${'x'.repeat(1024 * 1024 - 100)}"}}`],
  ['keys of JavaScript', '{"__proto__":{"admin":true},"constructor":1,"name":{"__proto__":1}}'],
  ['wrong types', '{"name":{},"description":[],"data":"x","email":5,"password":true,"user":[]}'],
  ['an odd time', '{"data":{"name":"x","expires_at":"9999-99-99T99:99:99Z"}}'],
  ['a far time', '{"data":{"name":"x","expires_at":"9999-12-31T23:59:59-23:59"}}'],
  ['bytes', new Uint8Array([0xff, 0xfe, 0x00, 0x22])],
  ['a megabyte', 'x'.repeat(1024 * 1024 + 1)],
]

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, target) => {
  test.each<PrincipalName>(['anonymous', 'session ADMIN', 'admin secret'])(
    'bears nonsense of %s',
    async (as) => {
      // Logging out would end the session that the rest is tried with.
      const principal = target.path.includes('logout') ? 'anonymous' : as
      for (const param of target.parameters.length > 0 ? PARAMS : ['x']) {
        judge(await send(target, { as: principal, param }), `${name} ${JSON.stringify(param.slice(0, 50))}`)
      }
      for (const path of QUERIES)
        judge(await send(target, { as: principal, path }), `${name}${path.slice(0, 60)}`)
      if (target.method === 'GET') return
      for (const [what, body] of BODIES)
        judge(await send(target, { as: principal, body }), `${name} with ${what}`)
    },
  )
})

const HEADERS: Record<string, string>[] = [
  { authorization: '' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer  ' },
  { authorization: 'Bearer a.b.c' },
  { authorization: `Bearer ${'x'.repeat(8000)}` },
  { authorization: 'Basic YTpi' },
  { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJqdGkiOiJBcGlLZXk6MSJ9.' },
  { cookie: 'phoenix-access-token=; phoenix-refresh-token=' },
  { cookie: 'phoenix-access-token=%00; phoenix-refresh-token=%ff' },
  { cookie: '=;;;===' },
  { origin: 'null' },
  { origin: 'http://[' },
  { referer: '\u00ff' },
  { 'content-type': 'text/html' },
  { 'content-length': '-1' },
  { 'content-encoding': 'br' },
  { 'x-project-name': '' },
]

describe('POST /v1/traces with a type and a coding', () => {
  const OTLP = TARGETS.find((target) => target.name === 'POST /v1/traces') as Target
  const JSON_BODIES: [string, unknown][] = [
    ['no list', '{"resourceSpans":5}'],
    ['nulls', '{"resourceSpans":[null,{"scopeSpans":[null,{"spans":[null,{}]}]}]}'],
    ['wrong ids', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz","spanId":5}]}]}]}'],
    ['keys of JavaScript', '{"__proto__":{},"resourceSpans":[{"__proto__":1,"constructor":{}}]}'],
  ]

  test.each([
    ['application/json', ''],
    ['application/json', 'gzip'],
    ['application/x-protobuf', ''],
    ['application/x-protobuf', 'gzip'],
    ['application/x-protobuf', 'deflate'],
  ])('bears nonsense as %s %s', async (type, coding) => {
    const headers = { 'content-type': type, 'content-encoding': coding }
    const bytes = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 200, seed: 20_260_103 })
    const bodies = [
      ...BODIES,
      ...JSON_BODIES,
      ...bytes.map((body, index) => [`bytes ${index}`, body] as const),
    ]
    for (const [what, body] of bodies) {
      judge(await send(OTLP, { as: 'admin secret', headers, body }), `${type} ${coding} with ${what}`)
    }
  })
})

test('bears 2,000 generated requests', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 40 }),
    fc.constantFrom(...PARAMS),
    fc.integer({ min: 0, max: 20 }).map((id) => Buffer.from(`Project:${id}`).toString('base64')),
  )
  const parameter = fc.constantFrom(
    'limit',
    'cursor',
    'start_time',
    'end_time',
    'name',
    'span_id',
    'trace_id',
    'parent_id',
    'span_kind',
    'status_code',
    'attribute',
    'name_contains',
    'include_experiment_projects',
    'x',
  )
  const value = fc.oneof(text, fc.integer().map(String), fc.double().map(String), fc.json({ maxDepth: 3 }))
  const attribute = fc.tuple(text, value).map(([key, tested]) => `${key}:${tested}`)
  const query = fc.array(fc.tuple(parameter, fc.oneof(value, attribute)), { maxLength: 5 })
  const keyed = fc.dictionary(
    fc.constantFrom(
      'name',
      'description',
      'data',
      'user',
      'email',
      'password',
      'username',
      'expires_at',
      'scope',
      'role',
    ),
    fc.oneof(
      text,
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('name', 'username', 'password', 'scope'), text),
    ),
  )
  const body = fc.oneof(
    fc.jsonValue().map((json) => JSON.stringify(json)),
    keyed.map((json) => JSON.stringify(json)),
    text,
    fc.uint8Array({ maxLength: 60 }),
  )
  const request = fc.record({
    // Wrong methods and logging out are in the tables above.
    target: fc.constantFrom(
      ...TARGETS.filter(({ handler, path }) => 'definition' in handler && !path.includes('logout')),
    ),
    as: fc.constantFrom<PrincipalName>(
      'user key ADMIN full',
      'system key ADMIN full',
      'session VIEWER',
      'admin secret',
    ),
    param: text,
    query,
    body,
    // A bad credential ends most requests early, so most have a good one.
    headers: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, fc.constantFrom(...HEADERS)),
  })
  const requests = fc.sample(request, { numRuns: 2000, seed: 20_260_102 })
  for (const { target, query, ...rest } of requests) {
    const path = `?${new URLSearchParams(query.map(([key, one]) => [key, safe(one)]))}`
    judge(
      await send(target, { ...rest, path }),
      `${target.name}${path} ${JSON.stringify(rest)}`.slice(0, 1000),
    )
  }
}, 120_000)
