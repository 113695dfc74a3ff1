import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteApiKey } from '#server/api-keys/api-keys'
import { ACCESS_COOKIE, readCookie } from '#server/auth/cookies'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import type { IngestClient, IngestResult } from '#server/ingest/client'
import { startIngest } from '#server/ingest/start'
import { callRaw, frame, GrpcTestClient, openStream } from '../test/grpc'
import { asProtobuf, exportRequest, readPartialSuccess } from '../test/otlp'
import {
  createKey,
  createPrincipals,
  type Principals,
  SYSTEM_USER_ID,
  TEST_ADMIN_SECRET,
} from '../test/principals'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { startCollector } from './server'

const MAX_WIRE = 64 * 1024
const MAX_INFLATED = 256 * 1024

type Collector = Awaited<ReturnType<typeof startCollector>>
let runtime: TestRuntime
let collector: Collector
let who: Principals
let client: GrpcTestClient
/** Everything that reached the log as an error. */
const logged: unknown[] = []

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line) => void logged.push(line) })
  runtime = await createTestRuntime({
    log,
    config: {
      auth: { adminSecret: TEST_ADMIN_SECRET },
      server: { grpcPort: 0 },
      ingest: { maxRequestBytes: MAX_WIRE, maxInflatedBytes: MAX_INFLATED },
    },
  })
  runtime.ingest = await startIngest(runtime.config, log)
  collector = await startCollector(runtime)
  who = await createPrincipals(runtime)
  client = new GrpcTestClient(collector.port)
})
afterAll(async () => {
  client.close()
  await collector.stop(1000)
  await runtime.ingest.drain()
})
beforeEach(async () => {
  await runtime.db.write(async (tx) => {
    await tx.delete(runtime.db.t.traces)
  })
})

const spanNamed = (name: string) => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  name,
})
const message = (name = 'x') => asProtobuf(exportRequest([spanNamed(name)]))
/** Key or session as a bearer: gRPC has no cookies. */
function bearerOf(name: keyof Principals): string | undefined {
  const { authorization, cookie } = who[name].headers
  const token = readCookie(cookie ?? null, ACCESS_COOKIE)
  return authorization ?? (token === null ? undefined : `Bearer ${token}`)
}
const sound = () => bearerOf('system key MEMBER full')
const storedNames = async () =>
  (await runtime.db.read.select().from(runtime.db.t.spans)).map((row) => row.name)

/** A collector in front of another ingest, for as long as `work` runs. */
async function withIngest(
  ingest: Partial<IngestClient>,
  work: (client: GrpcTestClient, port: number) => Promise<void>,
  messageMs?: number,
) {
  const reserve = () => ({ grow: () => {}, release: () => {} })
  const served = { ...runtime, ingest: { ...runtime.ingest, reserve, ...ingest } }
  const other = await startCollector(served, messageMs)
  const otherClient = new GrpcTestClient(other.port)
  try {
    await work(otherClient, other.port)
  } finally {
    otherClient.close()
    await other.stop(500)
  }
}

describe('an accepted call', () => {
  it('is answered with an empty message after its spans are stored', async () => {
    expect(await client.call(message('a'), sound())).toMatchObject({ code: 'OK', body: Buffer.alloc(0) })
    expect(await storedNames()).toEqual(['a'])
  })

  it('may hold nothing', async () => expect((await client.call(Buffer.alloc(0), sound())).code).toBe('OK'))

  it.each(['gzip', 'deflate'] as const)('may be compressed with %s', async (compression) => {
    const compressing = new GrpcTestClient(collector.port, compression)
    expect((await compressing.call(message('a'), sound())).code).toBe('OK')
    compressing.close()
    expect(await storedNames()).toEqual(['a'])
  })

  it('may inflate to more than the wire allows', async () => {
    const compressing = new GrpcTestClient(collector.port, 'gzip')
    const large = asProtobuf(
      exportRequest([{ ...spanNamed('large'), status: { message: 'm'.repeat(MAX_WIRE * 2) } }]),
    )
    expect((await compressing.call(large, sound())).code).toBe('OK')
    compressing.close()
    expect(await storedNames()).toEqual(['large'])
  })

  it('reports the spans it could not take', async () => {
    const mixed = exportRequest([spanNamed('good'), { ...spanNamed('bad'), spanId: '' }])
    const { code, body } = await client.call(asProtobuf(mixed), sound())
    expect([code, readPartialSuccess(body)]).toEqual([
      'OK',
      { rejected: 1, message: '1 span was not stored: its span id is not 8 bytes, or is all zero (1)' },
    ])
    expect(await storedNames()).toEqual(['good'])
  })

  it('puts its spans into the project that the resource names', async () => {
    await client.call(asProtobuf(exportRequest([spanNamed('a')], 'from grpc')), sound())
    const { projects } = runtime.db.t
    const rows = await runtime.db.read.select().from(projects).where(eq(projects.name, 'from grpc'))
    expect(rows).toHaveLength(1)
  })
})

describe('who may call', () => {
  it.each([
    ['anonymous', 'UNAUTHENTICATED'],
    ['session VIEWER', 'PERMISSION_DENIED'],
    ['session MEMBER', 'OK'],
    ['session ADMIN', 'OK'],
    ['user key VIEWER full', 'PERMISSION_DENIED'],
    ['user key MEMBER full', 'OK'],
    ['user key MEMBER ingest', 'OK'],
    ['user key MEMBER read', 'PERMISSION_DENIED'],
    ['system key VIEWER ingest', 'PERMISSION_DENIED'],
    ['system key MEMBER ingest', 'OK'],
    ['system key ADMIN read', 'PERMISSION_DENIED'],
    ['admin secret', 'OK'],
  ] as [keyof Principals, string][])('%s gets %s', async (as, code) => {
    expect((await client.call(message('x'), bearerOf(as))).code).toBe(code)
    expect(await storedNames()).toEqual(code === 'OK' ? ['x'] : [])
  })

  it.each([
    ['garbled', 'Bearer garbled'],
    ['of another scheme', 'Basic YTpi'],
    ['empty', ''],
    ['without a scheme', 'abc'],
  ])('a credential that is %s gets UNAUTHENTICATED', async (_what, authorization) => {
    expect((await client.call(message(), authorization)).code).toBe('UNAUTHENTICATED')
  })

  it('is asked before the message is looked at', async () => {
    expect((await client.call(Buffer.from('no protobuf'))).code).toBe('UNAUTHENTICATED')
  })

  it('a session that must change its password gets PERMISSION_DENIED, its owner’s key OK', async () => {
    const { users } = runtime.db.t
    const mustReset = (value: boolean) =>
      runtime.db.write(async (tx) => {
        await tx
          .update(users)
          .set({ resetPassword: value })
          .where(eq(users.id, who['session MEMBER'].userId as number))
      })
    await mustReset(true)
    const session = await client.call(message(), bearerOf('session MEMBER'))
    const key = await client.call(message(), bearerOf('user key MEMBER full'))
    await mustReset(false)
    expect([session.code, session.details]).toEqual(['PERMISSION_DENIED', 'password reset required'])
    expect(key.code).toBe('OK')
  })

  it('a session that has ended gets UNAUTHENTICATED on a connection that is open', async () => {
    const bearer = bearerOf('session ADMIN')
    expect((await client.call(message(), bearer)).code).toBe('OK')
    const { refreshTokens } = runtime.db.t
    await runtime.db.write(async (tx) => {
      await tx.delete(refreshTokens).where(eq(refreshTokens.userId, who['session ADMIN'].userId as number))
    })
    expect((await client.call(message(), bearer)).code).toBe('UNAUTHENTICATED')
  })

  it('a deleted key gets UNAUTHENTICATED at the next call on an open connection, 200 times', {
    timeout: 120_000,
  }, async () => {
    const admin: Ctx = {
      ...runtime,
      actor: { kind: 'adminSecret', userId: SYSTEM_USER_ID, role: 'ADMIN' },
      request: { requestId: 'test', address: null, userAgent: null },
    }
    const codes: Record<string, number> = {}
    for (let round = 0; round < 200; round++) {
      const key = await createKey(runtime, { userId: SYSTEM_USER_ID, scope: 'ingest', role: 'MEMBER' })
      const bearer = key.headers.authorization
      const before = await client.call(message(), bearer)
      await deleteApiKey(admin, key.keyId, 'system')
      const after = await client.call(message(), bearer)
      const pair = `${before.code}, ${after.code}`
      codes[pair] = (codes[pair] ?? 0) + 1
    }
    expect(codes).toEqual({ 'OK, UNAUTHENTICATED': 200 })
  })
})

describe('a refused call', () => {
  it.each([
    ['is no protobuf', Buffer.from('hello, this is no protobuf'), 'INVALID_ARGUMENT'],
    ['is half a message', message().subarray(0, 20), 'INVALID_ARGUMENT'],
    ['is larger than allowed', Buffer.alloc(MAX_WIRE + 1), 'RESOURCE_EXHAUSTED'],
  ])('%s', async (_what, body, code) => {
    const answer = await client.call(body, sound())
    expect([answer.code, answer.retryDelaySeconds]).toEqual([code, null])
  })

  it('inflates to more than allowed', async () => {
    const compressing = new GrpcTestClient(collector.port, 'gzip')
    const answer = await compressing.call(Buffer.alloc(MAX_INFLATED + 1), sound())
    compressing.close()
    expect(answer.code).toBe('RESOURCE_EXHAUSTED')
  })

  it.each([
    ['full', new AppError('unavailable', 'Full', { retryAfterSeconds: 7 }), 'UNAVAILABLE', 7],
    ['out of space', new AppError('storage_full', 'No space'), 'RESOURCE_EXHAUSTED', null],
    ['broken', new Error('secret detail'), 'INTERNAL', null],
  ])('finds the server %s', async (_what, error, code, retryDelaySeconds) => {
    await withIngest({ submit: () => Promise.reject(error) }, async (otherClient) => {
      const answer = await otherClient.call(message(), sound())
      expect(answer).toMatchObject({ code, retryDelaySeconds })
      expect(answer.details).not.toContain('secret')
    })
    logged.length = 0
  })

  it('finds the server full before its message is read', async () => {
    const reserve = () => {
      throw new AppError('unavailable', 'Full', { retryAfterSeconds: 1 })
    }
    await withIngest({ reserve }, async (otherClient) => {
      expect(await otherClient.call(message(), sound())).toMatchObject({
        code: 'UNAVAILABLE',
        retryDelaySeconds: 1,
      })
    })
  })

  it('gives its place back', async () => {
    let places = 0
    const ingest: Partial<IngestClient> = {
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
    }
    await withIngest(ingest, async (otherClient) => {
      await otherClient.call(message(), sound())
      await otherClient.call(Buffer.alloc(MAX_WIRE + 1), sound())
      await expect.poll(() => places).toBe(0)
    })
  })

  it('keeps its place while its spans are being stored, though the client is gone', async () => {
    let places = 0
    let finish: (() => void) | null = null as (() => void) | null
    const ingest: Partial<IngestClient> = {
      reserve: () => {
        places += 1
        return {
          grow: () => {},
          release: () => {
            places -= 1
          },
        }
      },
      submit: async () => {
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return { accepted: 1, rejected: 0, message: '' }
      },
    }
    await withIngest(ingest, async (_client, port) => {
      const call = openStream(port, { authorization: sound() as string })
      call.stream.end(frame(message()))
      await expect.poll(() => finish).not.toBeNull()
      call.session.destroy()
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(places).toBe(1)
      finish?.()
      await expect.poll(() => places).toBe(0)
    })
  })

  it('counts a message while it comes', async () => {
    let bytes = 0
    const reserve = () => ({
      grow: (more: number) => {
        bytes += more
      },
      release: () => {},
    })
    await withIngest({ reserve }, async (_client, port) => {
      const { session, stream } = openStream(port, { authorization: sound() as string })
      stream.write(frame(Buffer.alloc(40_000)).subarray(0, 20_005))
      await expect.poll(() => bytes).toBe(20_005)
      session.destroy()
    })
  })

  it.each([
    ['its message does not arrive', frame(Buffer.alloc(40_000)).subarray(0, 20_005)],
    ['its end does not arrive', frame(message())],
  ])('is ended when %s, and gives its room back', async (_, bytes) => {
    let places = 0
    const reserve = () => {
      places += 1
      return {
        grow: () => {},
        release: () => {
          places -= 1
        },
      }
    }
    const work = async (otherClient: GrpcTestClient, port: number) => {
      const { session, stream } = openStream(port, { authorization: sound() as string })
      const code = new Promise((resolve) =>
        // A refusal without a message is one block of headers.
        stream.on('response', (received) => resolve(status[Number(received['grpc-status'])])),
      )
      stream.write(bytes)
      await expect.poll(() => places).toBe(1)
      expect(await code).toBe('DEADLINE_EXCEEDED')
      expect(places).toBe(0)
      // A call that arrives is not ended later on.
      expect(await otherClient.call(message('in time'), sound())).toMatchObject({ code: 'OK' })
      session.destroy()
    }
    // Longer than a message may take.
    const submit = () =>
      new Promise<IngestResult>((resolve) =>
        setTimeout(() => resolve({ accepted: 1, rejected: 0, message: '' }), 600),
      )
    await withIngest({ reserve, submit }, work, 300)
  })

  it('is told to come again when its message is more than there is room for', async () => {
    let places = 0
    const reserve = () => {
      places += 1
      return {
        grow: () => {
          throw new AppError('unavailable', 'Full', { retryAfterSeconds: 1 })
        },
        release: () => {
          places -= 1
        },
      }
    }
    await withIngest({ reserve }, async (otherClient) => {
      const answer = await otherClient.call(Buffer.alloc(60_000), sound())
      expect(answer).toMatchObject({ code: 'UNAVAILABLE', retryDelaySeconds: 1 })
      await expect.poll(() => places).toBe(0)
    })
  })

  it.each([
    ['/opentelemetry.proto.collector.trace.v1.TraceService/Nothing'],
    ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
    ['/grpc.health.v1.Health/Check'],
  ])('names a method that is not there: %s', async (path) => {
    expect((await client.call(message(), sound(), path)).code).toBe('UNIMPLEMENTED')
  })
})

const GRPC = { 'content-type': 'application/grpc' }

describe('a call that no gRPC client would make', () => {
  const signed = () => ({ ...GRPC, authorization: sound() as string })
  const RAW: [what: string, headers: Record<string, string>, body: () => Buffer, status: string][] = [
    [
      'a corrupt gzip stream',
      { 'grpc-encoding': 'gzip' },
      () => frame(Buffer.from('no gzip'), 1),
      'INVALID_ARGUMENT',
    ],
    [
      'half a gzip stream',
      { 'grpc-encoding': 'gzip' },
      () => frame(gzipSync(message()).subarray(0, 40), 1),
      'INVALID_ARGUMENT',
    ],
    [
      'a corrupt zlib stream',
      { 'grpc-encoding': 'deflate' },
      () => frame(gzipSync('x'), 1),
      'INVALID_ARGUMENT',
    ],
    ['a coding nobody knows', { 'grpc-encoding': 'br' }, () => frame(message(), 1), 'UNIMPLEMENTED'],
    ['a plain message under a coding', { 'grpc-encoding': 'gzip' }, () => frame(message(), 0), 'OK'],
    ['a compressed message', { 'grpc-encoding': 'deflate' }, () => frame(deflateSync(message()), 1), 'OK'],
    ['a timeout that is none', { 'grpc-timeout': 'soon' }, () => frame(message()), 'INVALID_ARGUMENT'],
    ['no message', {}, () => Buffer.alloc(0), 'UNIMPLEMENTED'],
    ['two messages', {}, () => Buffer.concat([frame(message()), frame(message())]), 'UNIMPLEMENTED'],
    [
      'a length of four gigabytes',
      {},
      () => Buffer.from([0, 255, 255, 255, 255, 1, 2]),
      'RESOURCE_EXHAUSTED',
    ],
  ]
  it.each(RAW)('%s', async (_what, headers, body, status) => {
    expect((await callRaw(collector.port, { ...signed(), ...headers }, body())).grpcStatus).toBe(status)
  })

  it('of another media type is refused by HTTP', async () => {
    const answer = await callRaw(
      collector.port,
      { ...signed(), 'content-type': 'text/plain' },
      frame(message()),
    )
    expect(answer.httpStatus).toBe(415)
  })
})

describe('nonsense', () => {
  const SHAMEFUL = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'UNAVAILABLE', 'DEADLINE_EXCEEDED']
  const INSIDE = /\n\s+at |node_modules|\.ts:\d|SQLITE_|drizzle/

  it('in 2,000 generated messages is never our fault', { timeout: 120_000 }, async () => {
    const base = asProtobuf(
      exportRequest([{ ...spanNamed('x'), attributes: [{ key: 'a.0.b', value: { intValue: '5' } }] }], 'p'),
    )
    const mutated = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(base.length),
      )
      .map(([changes, length]) => {
        const bytes = Buffer.from(base)
        for (const [at, byte] of changes) bytes[at] = byte
        return bytes.subarray(0, length > base.length / 2 ? base.length : length)
      })
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    const bodies = fc.sample(fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: random }), {
      seed: 7,
      numRuns: 2000,
    })
    const codes: Record<string, number> = {}
    for (let from = 0; from < bodies.length; from += 50) {
      const answers = await Promise.all(
        bodies.slice(from, from + 50).map((body) => client.call(body, sound())),
      )
      for (const { code, details } of answers) {
        codes[code] = (codes[code] ?? 0) + 1
        expect(SHAMEFUL, details).not.toContain(code)
        expect(details).not.toMatch(INSIDE)
      }
    }
    expect(codes.OK).toBeGreaterThan(100)
    expect(codes.INVALID_ARGUMENT).toBeGreaterThan(100)
    expect(logged).toEqual([])
  })

  it('in 200 streams of raw bytes on the port does not hurt it', { timeout: 60_000 }, async () => {
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    const garbage = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 400 }), { seed: 8, numRuns: 200 })
    const starts = [
      Buffer.alloc(0),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      preface,
      Buffer.concat([preface, Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
    ]
    await Promise.all(
      garbage.map(
        (bytes, index) =>
          new Promise<void>((resolve) => {
            const socket = connectTcp(collector.port, '127.0.0.1')
            socket.on('error', () => {})
            socket.on('close', () => resolve())
            socket.resume()
            socket.write(Buffer.concat([starts[index % starts.length] as Buffer, Buffer.from(bytes)]))
            setTimeout(() => socket.destroy(), 300)
          }),
      ),
    )
    expect((await client.call(message('still there'), sound())).code).toBe('OK')
    expect(await storedNames()).toEqual(['still there'])
    expect(logged).toEqual([])
  })
})

describe('the port', () => {
  it('that is taken fails with a sentence that names it', { timeout: 20_000 }, async () => {
    const config = { ...runtime.config, server: { ...runtime.config.server, grpcPort: collector.port } }
    await expect(startCollector({ ...runtime, config })).rejects.toThrow(
      new RegExp(`port ${collector.port} on 127.0.0.1 is already in use.*PHOENIX_GRPC_PORT`),
    )
  })
})

describe('stopping', () => {
  it('answers the calls that are under way', async () => {
    const underWay: ((result: IngestResult) => void)[] = []
    const submit = () => new Promise<IngestResult>((resolve) => underWay.push(resolve))
    const reserve = () => ({ grow: () => {}, release: () => {} })
    const other = await startCollector({ ...runtime, ingest: { ...runtime.ingest, reserve, submit } })
    const otherClient = new GrpcTestClient(other.port)
    const call = otherClient.call(message(), sound())
    await expect.poll(() => underWay.length).toBe(1)
    const stopped = other.stop(5000)
    underWay[0]?.({ accepted: 1, rejected: 0, message: '' })
    expect((await call).code).toBe('OK')
    otherClient.close()
    await stopped
  })
})
