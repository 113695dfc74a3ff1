import { deflateSync, gzipSync } from 'node:zlib'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { pino } from 'pino'
import protobuf from 'protobufjs/minimal.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '#server/errors'
import type { IngestClient } from '#server/ingest/client'
import { startIngest } from '#server/ingest/start'
import { handleOtlp, type OtlpHttpReply } from '#server/otlp/http'
import type { Runtime } from '#server/runtime'
import { asJson, asProtobuf, exportRequest, type JsonRequest, readPartialSuccess } from '../../test/otlp'
import { createPrincipals, type Principals, TEST_ADMIN_SECRET } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const PROTOBUF = 'application/x-protobuf'
const MAX_WIRE = 64 * 1024
const MAX_INFLATED = 256 * 1024

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime({
    config: {
      auth: { adminSecret: TEST_ADMIN_SECRET },
      ingest: { maxRequestBytes: MAX_WIRE, maxInflatedBytes: MAX_INFLATED },
    },
  })
  runtime.ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  who = await createPrincipals(runtime)
})
afterAll(() => runtime.ingest.drain())
beforeEach(async () => {
  await runtime.db.write(async (tx) => {
    await tx.delete(runtime.db.t.traces)
  })
})

interface Sent {
  headers?: Record<string, string>
  body?: Uint8Array | string
  as?: keyof Principals
  world?: Runtime
}

/** Sends a body in three pieces. */
async function send({
  headers = {},
  body = '',
  as = 'system key MEMBER full',
  world = runtime,
}: Sent): Promise<OtlpHttpReply> {
  const bytes = Buffer.from(body)
  const all: Record<string, string> = { 'content-type': PROTOBUF, ...who[as].headers, ...headers }
  const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 7), bytes.subarray(7)]
  return handleOtlp(
    {
      method: 'POST',
      header: (name) => all[name] ?? null,
      body: (async function* () {
        yield* pieces
      })(),
      peer: '127.0.0.1',
      requestId: 'test',
    },
    world,
  )
}

let counter = 0
const spanNamed = (name: string) => ({
  traceId: (++counter).toString(16).padStart(32, '0'),
  spanId: '00000000000000aa',
  name,
  startTimeUnixNano: '1704164645123456000',
})
const request = (name = 'x', project?: string): JsonRequest => exportRequest([spanNamed(name)], project)

const storedNames = async () =>
  (await runtime.db.read.select().from(runtime.db.t.spans)).map((row) => row.name)

async function projectOfOnlyTrace(): Promise<string | undefined> {
  const { traces, projects } = runtime.db.t
  const rows = await runtime.db.read
    .select({ name: projects.name })
    .from(traces)
    .innerJoin(projects, eq(projects.id, traces.projectId))
  expect(rows).toHaveLength(1)
  return rows[0]?.name
}

const textOf = (reply: OtlpHttpReply) => Buffer.from(reply.body).toString('utf8')

/** google.rpc.Status, read by its field numbers. */
function readStatus(bytes: Uint8Array) {
  const reader = protobuf.Reader.create(bytes)
  const status = { code: 0, message: '', details: 0 }
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 8) status.code = reader.int32()
    else if (tag === 18) status.message = reader.string()
    else {
      status.details += 1
      reader.skipType(tag & 7)
    }
  }
  return status
}

describe('an accepted request', () => {
  it('in protobuf is answered with an empty protobuf message', async () => {
    const reply = await send({ body: asProtobuf(request('a')) })
    expect(reply).toEqual({ status: 200, headers: { 'content-type': PROTOBUF }, body: expect.anything() })
    expect(reply.body).toHaveLength(0)
    expect(await storedNames()).toEqual(['a'])
  })

  it('in JSON is answered with an empty JSON object', async () => {
    const reply = await send({ body: asJson(request('a')), headers: { 'content-type': 'application/json' } })
    expect(reply).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(await storedNames()).toEqual(['a'])
  })

  it('may hold nothing', async () => {
    expect((await send({ body: '' })).status).toBe(200)
    const json = await send({ body: '{"resourceSpans":[]}', headers: { 'content-type': 'application/json' } })
    expect([json.status, json.body]).toEqual([200, '{}'])
  })

  it.each([
    ['a parameter', { 'content-type': 'application/x-protobuf; charset=utf-8' }],
    ['capital letters', { 'content-type': 'Application/X-Protobuf' }],
  ])('may have a media type with %s', async (_what, headers) => {
    expect((await send({ body: asProtobuf(request()), headers })).status).toBe(200)
  })

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['identity', (body: Buffer) => body],
    ['', (body: Buffer) => body],
  ])('may be coded as "%s"', async (coding, encode) => {
    const reply = await send({
      body: encode(asProtobuf(request('a'))),
      headers: { 'content-encoding': coding },
    })
    expect(reply.status).toBe(200)
    expect(await storedNames()).toEqual(['a'])
  })

  it('reports the spans it could not take, and stores the others', async () => {
    const mixed = exportRequest([
      spanNamed('good'),
      { ...spanNamed('bad'), spanId: '' },
      { ...spanNamed('worse'), traceId: '' },
    ])
    const message =
      '2 spans were not stored: its span id is not 8 bytes, or is all zero (1); its trace id is not 16 bytes, or is all zero (1)'
    const json = await send({ body: asJson(mixed), headers: { 'content-type': 'application/json' } })
    expect(JSON.parse(json.body as string)).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: message },
    })
    const binary = await send({ body: asProtobuf(mixed) })
    expect(readPartialSuccess(binary.body as Uint8Array)).toEqual({ rejected: 2, message })
    expect([json.status, binary.status]).toEqual([200, 200])
    expect(await storedNames()).toEqual(['good'])
  })

  it('acknowledges a repeat without storing it again', async () => {
    const body = asProtobuf(request('once'))
    expect((await send({ body })).body).toHaveLength(0)
    expect((await send({ body })).body).toHaveLength(0)
    expect(await storedNames()).toEqual(['once'])
  })
})

describe('the project', () => {
  it.each([
    ['default without a name', undefined, {}, 'default'],
    ['the resource’s', 'mine', {}, 'mine'],
    ['the header’s, before the resource’s', 'mine', { 'x-project-name': 'theirs' }, 'theirs'],
    ['the resource’s when the header is empty', 'mine', { 'x-project-name': '' }, 'mine'],
    ['default when both are empty', '', { 'x-project-name': '' }, 'default'],
    ['not trimmed', ' mine ', {}, ' mine '],
    [
      'the header’s in UTF-8',
      undefined,
      { 'x-project-name': Buffer.from('Prüfung').toString('latin1') },
      'Prüfung',
    ],
    ['the header’s in Latin-1', undefined, { 'x-project-name': 'Pr\u00fcfung' }, 'Prüfung'],
    ['cleaned', 'a\0b', {}, 'a\ufffdb'],
  ] as [string, string | undefined, Record<string, string>, string][])(
    'is %s',
    async (_what, resource, headers, name) => {
      expect((await send({ body: asProtobuf(request('x', resource)), headers })).status).toBe(200)
      expect(await projectOfOnlyTrace()).toBe(name)
    },
  )

  it.each(['p'.repeat(1000), `p${'語'.repeat(333)}`])('may have a name of 1,000 bytes', async (name) => {
    await send({ body: asProtobuf(request('x', name)) })
    expect(await projectOfOnlyTrace()).toBe(name)
  })

  it.each(['p'.repeat(1001), '語'.repeat(334)])(
    'is refused with its spans when its name is too long to index',
    async (name) => {
      const reply = await send({
        body: asJson(request('x', name)),
        headers: { 'content-type': 'application/json' },
      })
      expect(JSON.parse(reply.body as string).partialSuccess.errorMessage).toBe(
        "1 span was not stored: its project's name is longer than 1000 bytes (1)",
      )
    },
  )
})

describe('who may send', () => {
  it.each([
    ['anonymous', 401],
    ['session VIEWER', 403],
    ['session MEMBER', 200],
    ['session ADMIN', 200],
    ['user key VIEWER full', 403],
    ['user key MEMBER full', 200],
    ['user key MEMBER ingest', 200],
    ['user key MEMBER read', 403],
    ['user key ADMIN read', 403],
    ['system key VIEWER full', 403],
    ['system key VIEWER ingest', 403],
    ['system key MEMBER full', 200],
    ['system key MEMBER ingest', 200],
    ['system key MEMBER read', 403],
    ['system key ADMIN full', 200],
    ['admin secret', 200],
  ] as [keyof Principals, number][])('%s gets %i', async (as, status) => {
    const reply = await send({ as, body: asProtobuf(request('x')) })
    expect(reply.status).toBe(status)
    expect(await storedNames()).toEqual(status === 200 ? ['x'] : [])
  })

  it.each([
    ['garbled', 'Bearer garbled'],
    ['of another scheme', 'Basic YTpi'],
    ['empty', ''],
  ])('a credential that is %s gets 401', async (_what, authorization) => {
    const reply = await send({ as: 'anonymous', headers: { authorization }, body: asProtobuf(request()) })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="Bennu"')
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8')
  })

  it('a session that must change its password gets 403, and its key does not', async () => {
    const { users } = runtime.db.t
    const mustReset = (value: boolean) =>
      runtime.db.write(async (tx) => {
        await tx
          .update(users)
          .set({ resetPassword: value })
          .where(eq(users.id, who['session MEMBER'].userId as number))
      })
    await mustReset(true)
    const session = await send({ as: 'session MEMBER', body: asProtobuf(request()) })
    const key = await send({ as: 'user key MEMBER full', body: asProtobuf(request()) })
    await mustReset(false)
    expect([session.status, textOf(session)]).toEqual([
      403,
      expect.stringContaining('password reset required'),
    ])
    expect(key.status).toBe(200)
  })

  it('a page of another site with our cookie gets 403', async () => {
    const headers = { origin: 'https://evil.example', host: 'bennu.example' }
    expect((await send({ as: 'session ADMIN', headers, body: asProtobuf(request()) })).status).toBe(403)
  })

  it('a credential is judged before the media type', async () => {
    expect((await send({ as: 'anonymous', headers: { 'content-type': 'text/plain' } })).status).toBe(401)
  })

  it('everybody while authentication is off', async () => {
    const open: Runtime = {
      ...runtime,
      config: { ...runtime.config, auth: { ...runtime.config.auth, enabled: false } },
    }
    expect((await send({ as: 'anonymous', world: open, body: asProtobuf(request()) })).status).toBe(200)
  })
})

const json = { 'content-type': 'application/json' }
const gzip = { 'content-encoding': 'gzip' }

/** What a client did wrong, what it sends, and the status and code it gets. */
const REFUSED: [what: string, sent: Sent, status: number, grpcCode: number][] = [
  ['no protobuf', { body: 'hello, world, this is no protobuf' }, 400, 3],
  ['half a message', { body: asProtobuf(request()).subarray(0, 30) }, 400, 3],
  ['no JSON', { body: 'hello', headers: json }, 400, 3],
  ['JSON of another shape', { body: '{"resourceSpans":5}', headers: json }, 400, 3],
  ['an empty JSON body', { body: '', headers: json }, 400, 3],
  ['no gzip', { body: 'hello', headers: gzip }, 400, 3],
  ['half a gzip stream', { body: gzipSync(asProtobuf(request())).subarray(0, 40), headers: gzip }, 400, 3],
  ['no zlib stream', { body: gzipSync('x'), headers: { 'content-encoding': 'deflate' } }, 400, 3],
  ['protobuf called JSON', { body: asProtobuf(request()), headers: json }, 400, 3],
  ['a body larger than allowed', { body: Buffer.alloc(MAX_WIRE + 1) }, 413, 8],
  ['an announced body larger than allowed', { headers: { 'content-length': String(MAX_WIRE + 1) } }, 413, 8],
  [
    'a body that inflates to more than allowed',
    { body: gzipSync(Buffer.alloc(MAX_INFLATED + 1)), headers: gzip },
    413,
    8,
  ],
  ['a coding nobody knows', { body: 'x', headers: { 'content-encoding': 'br' } }, 415, 3],
  ['two codings', { body: 'x', headers: { 'content-encoding': 'gzip, gzip' } }, 415, 3],
]

describe('a refused request', () => {
  it.each(REFUSED)('%s', async (_what, sent, status, code) => {
    const reply = await send(sent)
    expect(reply.status).toBe(status)
    const isJson = sent.headers?.['content-type'] === 'application/json'
    expect(reply.headers['content-type']).toBe(isJson ? 'application/json' : PROTOBUF)
    const body = isJson ? JSON.parse(reply.body as string) : readStatus(reply.body as Uint8Array)
    expect(body.code).toBe(code)
    expect(body.message).toMatch(/^[A-Z]/)
    expect(await storedNames()).toEqual([])
  })

  it.each([
    ['text/plain', '"text/plain"'],
    ['application/x-www-form-urlencoded', '"application/x-www-form-urlencoded"'],
    ['', '""'],
  ])('of type "%s" is answered in text that names the type', async (type, named) => {
    const reply = await send({ headers: { 'content-type': type } })
    expect([reply.status, reply.headers['content-type']]).toEqual([415, 'text/plain; charset=utf-8'])
    expect(textOf(reply)).toContain(named)
  })

  it('carries the name of its error in a header', async () => {
    expect((await send({ body: 'nonsense' })).headers['x-error-code']).toBe('undecodable')
  })

  it.each([
    ['full', new AppError('unavailable', 'Full', { retryAfterSeconds: 7 }), 503, 14, '7'],
    ['out of space', new AppError('storage_full', 'No space'), 507, 8, undefined],
    ['broken', new Error('secret detail'), 500, 13, undefined],
  ])('by a server that is %s', async (_what, error, status, code, retryAfter) => {
    const ingest: IngestClient = {
      reserve: () => ({ grow: () => {}, release: () => {} }),
      submit: () => Promise.reject(error),
      drain: async () => {},
    }
    const world = { ...runtime, ingest }
    const reply = await send({ world, body: asProtobuf(request()) })
    expect([reply.status, reply.headers['retry-after']]).toEqual([status, retryAfter])
    const sent = readStatus(reply.body as Uint8Array)
    expect([sent.code, sent.details]).toEqual([code, retryAfter ? 1 : 0])
    expect(textOf(reply)).not.toContain('secret')
    const inJson = await send({ world, body: asJson(request()), headers: json })
    expect(JSON.parse(inJson.body as string)).toEqual({
      code,
      message: expect.any(String),
      ...(retryAfter && {
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }],
      }),
    })
  })

  it('by a server that is full is told so before its body is read', async () => {
    const ingest: IngestClient = {
      reserve: () => {
        throw new AppError('unavailable', 'Full', { retryAfterSeconds: 1 })
      },
      submit: () => Promise.reject(new Error('never asked')),
      drain: async () => {},
    }
    const reply = await send({ world: { ...runtime, ingest }, body: 'whatever' })
    expect(reply.status).toBe(503)
  })

  it('gives its place back', async () => {
    let places = 0
    const ingest: IngestClient = {
      reserve: () => {
        places += 1
        let isTaken = true
        return {
          grow: () => {},
          release: () => {
            if (isTaken) places -= 1
            isTaken = false
          },
        }
      },
      submit: () => Promise.reject(new AppError('undecodable', 'No')),
      drain: async () => {},
    }
    await send({ world: { ...runtime, ingest }, body: 'whatever' })
    await send({ world: { ...runtime, ingest }, headers: { 'content-type': 'text/plain' } })
    expect(places).toBe(0)
  })

  it('with another method names the one there is', async () => {
    const reply = await handleOtlp(
      { method: 'GET', header: () => null, body: (async function* () {})(), peer: null, requestId: 't' },
      runtime,
    )
    expect([reply.status, reply.headers.allow]).toEqual([405, 'POST'])
  })
})

describe('nonsense', () => {
  const INSIDE = /\n\s+at |node_modules|\.ts:\d|SQLITE_|drizzle/

  it('in 2,000 generated requests is never our fault', { timeout: 120_000 }, async () => {
    const span = { ...spanNamed('x'), attributes: [{ key: 'a.0.b', value: { intValue: '5' } }] }
    const sound = {
      protobuf: asProtobuf(exportRequest([span], 'p')),
      json: asJson(exportRequest([span], 'p')),
    }
    const damaged = (base: Buffer) =>
      fc
        .tuple(
          fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 4 }),
          fc.nat(base.length * 2),
        )
        .map(([changes, length]) => {
          const bytes = Buffer.from(base)
          for (const [at, byte] of changes) bytes[at] = byte
          return bytes.subarray(0, length)
        })
    const body = fc.oneof(
      { weight: 3, arbitrary: damaged(sound.protobuf) },
      { weight: 3, arbitrary: damaged(sound.json) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
      {
        weight: 1,
        arbitrary: fc
          .json()
          .map((json) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`)),
      },
      { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(json)) },
    )
    const headers = fc.record(
      {
        'content-type': fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(PROTOBUF, 'application/json') },
          { weight: 1, arbitrary: fc.string() },
        ),
        'content-encoding': fc.oneof(fc.constantFrom('gzip', 'deflate', 'identity', ''), fc.string()),
        'content-length': fc.oneof(fc.string(), fc.nat().map(String)),
        'x-project-name': fc.string({ unit: 'binary', maxLength: 20 }),
      },
      { requiredKeys: ['content-type'] },
    )
    const usuallyPlain = fc.oneof(
      {
        weight: 3,
        arbitrary: headers.map(({ 'content-encoding': _, 'content-length': __, ...rest }) => rest),
      },
      headers,
    )
    const statuses: Record<number, number> = {}
    for (const [sent, sentHeaders] of fc.sample(fc.tuple(body, usuallyPlain), { seed: 9, numRuns: 2000 })) {
      const reply = await send({ body: sent, headers: sentHeaders as Record<string, string> })
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1
      expect([200, 400, 413, 415], `${JSON.stringify(sentHeaders)} ${sent.toString('latin1')}`).toContain(
        reply.status,
      )
      expect(textOf(reply)).not.toMatch(INSIDE)
    }
    for (const status of [200, 400, 415]) expect(statuses[status], String(status)).toBeGreaterThan(100)
  })
})

describe('a key', () => {
  it('is noted as used', async () => {
    const { apiKeys } = runtime.db.t
    const principal = who['user key ADMIN ingest']
    await send({ as: 'user key ADMIN ingest', body: asProtobuf(request()) })
    const lastUse = async () => {
      const [row] = await runtime.db.read
        .select()
        .from(apiKeys)
        .where(eq(apiKeys.id, principal.keyId as number))
      return row?.lastUsedAt
    }
    await expect.poll(lastUse).toBeInstanceOf(Date)
  })
})
