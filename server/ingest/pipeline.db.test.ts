import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database, Queries } from '#server/db/database'
import type { AppError } from '#server/errors'
import type { IngestResult } from '#server/ingest/client'
import { IngestPipeline, type PipelineOptions } from '#server/ingest/pipeline'
import { reindex } from '#server/ingest/reindex'
import { createTestDatabase, type TestDatabase } from '../../test/database'
import { durationOf, leastOf } from '../../test/least-of'
import { asJson, asProtobuf, exportRequest } from '../../test/otlp'
import { spanIdOf, traceIdOf } from '../../test/received-spans'
import { readSums } from '../../test/sums'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
beforeEach(async () => {
  await db.write(async (tx) => {
    await tx.delete(db.t.traces)
  })
})

const storedNames = async () =>
  (await db.read.select({ name: db.t.spans.name }).from(db.t.spans).orderBy(db.t.spans.id)).map(
    (row) => row.name,
  )

/** The database with something put in front of its writes; counts transactions. */
function around(before: (run: number) => void, after: (tx: Queries) => Promise<void> = async () => {}) {
  const seen = { writes: 0 }
  const write: Database['write'] = async (work) => {
    seen.writes += 1
    before(seen.writes)
    return db.write(async (tx) => {
      const result = await work(tx)
      await after(tx)
      return result
    })
  }
  return { seen, db: { ...db, write } as Database }
}

type Outcome = IngestResult | AppError

/** A pipeline, and a way to send it requests of named spans. */
function start(options: Partial<PipelineOptions> = {}) {
  const waiting = new Map<number, (outcome: Outcome) => void>()
  const decoded: number[] = []
  const trouble: string[] = []
  const settle = (id: number, outcome: Outcome) => waiting.get(id)?.(outcome)
  const pipeline = new IngestPipeline({
    db,
    maxInflatedBytes: 10_000_000,
    maxQueuedSpans: 20_000,
    clock: () => new Date(),
    onDecoded: (_id, spans) => void decoded.push(spans),
    onDone: settle,
    onFailed: settle,
    onTrouble: (_error, sentence) => void trouble.push(sentence),
    ...options,
  })
  let nextId = 0
  const sendBody = (
    body: Uint8Array,
    rest: { encoding?: 'json'; coding?: 'gzip' } = {},
  ): Promise<Outcome> => {
    const id = nextId++
    const request = {
      body,
      encoding: 'protobuf' as const,
      coding: 'identity' as const,
      projectName: null,
      ...rest,
    }
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      pipeline.add(id, request, new Date('2026-01-01T00:00:00Z'))
    })
  }
  const send = (...names: string[]) => sendBody(asProtobuf(exportRequest(names.map(named))))
  return { pipeline, send, sendBody, decoded, trouble }
}

const SESSION = { key: 'session.id', value: { stringValue: 'shared' } }
const TOKENS = { key: 'llm.token_count.prompt', value: { intValue: '3' } }
const LARGE = { key: 'note', value: { stringValue: 'x'.repeat(1_000) } }
let counter = 0
const named = (name: string) => ({ traceId: traceIdOf(++counter), spanId: spanIdOf(counter), name })
const withCode = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })
const transient = () => withCode(db.dialect.name === 'sqlite' ? 'SQLITE_BUSY' : '08006')
const full = () => withCode(db.dialect.name === 'sqlite' ? 'SQLITE_FULL' : '53100')
const fine = (accepted: number) => ({ accepted, rejected: 0, message: '' })

describe('the pipeline', () => {
  it('answers after the spans are stored', async () => {
    const { send, decoded } = start()
    expect(await send('a', 'b')).toEqual(fine(2))
    expect(await storedNames()).toEqual(['a', 'b'])
    expect(decoded).toEqual([2])
  })

  it('stores what waits in one transaction', async () => {
    const wrapped = around(() => {})
    const { send } = start({ db: wrapped.db })
    await Promise.all(Array.from({ length: 20 }, (_, n) => send(`span ${n}`)))
    expect(await storedNames()).toHaveLength(20)
    expect(wrapped.seen.writes).toBe(1)
  })

  it('decodes no more at once than may be queued', async () => {
    const wrapped = around(() => {})
    const { send } = start({ db: wrapped.db, maxQueuedSpans: 5 })
    expect(await send(...Array.from({ length: 12 }, (_, n) => `span ${n}`))).toEqual(fine(12))
    expect(wrapped.seen.writes).toBe(3)
  })

  it('refuses one bad request and stores the others of the group', async () => {
    const { send, sendBody } = start()
    const [first, bad, last] = await Promise.all([
      send('first'),
      sendBody(Buffer.from('nonsense')),
      send('last'),
    ])
    expect([first, last]).toEqual([fine(1), fine(1)])
    expect(bad).toMatchObject({ kind: 'undecodable' })
    expect(await storedNames()).toEqual(['first', 'last'])
  })

  it('refuses a body that inflates past the limit without inflating it all', async () => {
    const { sendBody } = start({ maxInflatedBytes: 1_000_000 })
    const bomb = gzipSync(Buffer.alloc(200_000_000))
    const refused = async () =>
      expect(await sendBody(bomb, { coding: 'gzip' })).toMatchObject({ kind: 'too_large' })
    expect(await leastOf(5, 1_000, () => durationOf(refused))).toBeLessThan(1_000)
  })

  it('checks the whole of a large body before it stores any of it', async () => {
    const { sendBody } = start()
    const many = exportRequest(
      Array.from({ length: 100 }, (_, n) => ({
        ...named(`span ${n}`),
        status: { message: 'm'.repeat(90_000) },
      })),
    )
    const whole = asProtobuf(many)
    expect(whole.length).toBeGreaterThan(8 * 1024 * 1024)
    expect(await sendBody(whole.subarray(0, whole.length - 10))).toMatchObject({ kind: 'undecodable' })
    expect(await storedNames()).toEqual([])
    expect(await sendBody(whole)).toEqual(fine(100))
    expect(await storedNames()).toHaveLength(100)
  })

  it('tries again while the database is away, and keeps the spans meanwhile', async () => {
    const wrapped = around((run) => {
      if (run <= 3) throw transient()
    })
    const { send, trouble } = start({ db: wrapped.db })
    expect(await Promise.all([send('a'), send('b')])).toEqual([fine(1), fine(1)])
    expect(await storedNames()).toEqual(['a', 'b'])
    expect(trouble).toHaveLength(3)
  })

  it('tells requests to come again when the database stays away', async () => {
    let isAway = true
    const wrapped = around(() => {
      if (isAway) throw transient()
    })
    const { send, pipeline } = start({ db: wrapped.db, patienceMs: 1_500 })
    const outcomes = await Promise.all([send('a'), send('b')])
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 })
    isAway = false
    expect(await send('c')).toEqual(fine(1))
    await pipeline.drain()
    expect(await storedNames()).toEqual(['c'])
  })

  it('says when the storage is full, and takes spans again when it is not', async () => {
    const wrapped = around((run) => {
      if (run === 1) throw full()
    })
    const { send } = start({ db: wrapped.db })
    expect(await send('a')).toMatchObject({ kind: 'storage_full' })
    expect(await send('b')).toEqual(fine(1))
  })

  it('says to its operator once that the storage is full, and again the next time', async () => {
    const wrapped = around((run) => {
      if (run <= 3 || run === 5) throw full()
    })
    const { send, trouble } = start({ db: wrapped.db })
    for (const name of ['a', 'b', 'c']) await send(name)
    expect(trouble).toEqual(['the storage is full; spans are refused until there is room'])
    await send('d')
    await send('e')
    expect(trouble).toHaveLength(2)
  })

  it('finds the one span that the database refuses and stores the others', async () => {
    const { spans } = db.t
    const wrapped = around(
      () => {},
      async (tx) => {
        const [poison] = await tx.select({ id: spans.id }).from(spans).where(eq(spans.name, 'poison'))
        if (poison) throw withCode('22P02')
      },
    )
    const { send } = start({ db: wrapped.db })
    const [first, second] = await Promise.all([send('a', 'b', 'poison', 'c'), send('d')])
    expect(first).toEqual({
      accepted: 3,
      rejected: 1,
      message: '1 span was not stored: the database refused it (1)',
    })
    expect(second).toEqual(fine(1))
    expect((await storedNames()).sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('stores a span whose project was deleted under its hands', async () => {
    const wrapped = around((run) => {
      if (run === 1) throw withCode(db.dialect.name === 'sqlite' ? 'SQLITE_CONSTRAINT_FOREIGNKEY' : '23503')
    })
    const { send } = start({ db: wrapped.db })
    expect(await send('a')).toEqual(fine(1))
    expect(await storedNames()).toEqual(['a'])
  })

  it('condemns no span for a fault that is not of its making', async () => {
    const wrapped = around(() => {
      throw withCode('42501')
    })
    const { send } = start({ db: wrapped.db, patienceMs: 200 })
    expect(await send('a', 'b')).toMatchObject({ kind: 'unavailable' })
  })

  it('rejects nothing where the database lacks something, though other spans of the group can be stored', async () => {
    const { spans } = db.t
    const wrapped = around(
      () => {},
      async (tx) => {
        const [one] = await tx.select({ id: spans.id }).from(spans).where(eq(spans.name, 'of a new day'))
        if (one) throw withCode(db.dialect.name === 'sqlite' ? 'SQLITE_IOERR_WRITE' : '42501')
      },
    )
    const { send } = start({ db: wrapped.db })
    const [first, second] = await Promise.all([send('of a new day'), send('a', 'b')])
    expect(first).toMatchObject({ kind: 'unavailable' })
    expect(second).toEqual(fine(2))
  })

  describe('when a span fails for a reason nobody knows', () => {
    const poisoned = () => {
      const { spans } = db.t
      return around(
        () => {},
        async (tx) => {
          const [poison] = await tx.select({ id: spans.id }).from(spans).where(eq(spans.name, 'poison'))
          if (poison) throw withCode('XX000')
        },
      )
    }

    it('it is rejected, and the others of its request and of its group are stored', async () => {
      const { send } = start({ db: poisoned().db })
      const [first, second] = await Promise.all([send('a', 'poison'), send('b', 'c')])
      expect(first).toEqual({
        accepted: 1,
        rejected: 1,
        message: '1 span was not stored: the database refused it (1)',
      })
      expect(second).toEqual(fine(2))
      expect(await storedNames()).toEqual(expect.arrayContaining(['a', 'b', 'c']))
    })

    it('few tries find it among many', async () => {
      const wrapped = poisoned()
      const { send } = start({ db: wrapped.db })
      const names = Array.from({ length: 512 }, (_, n) => (n === 300 ? 'poison' : `span ${n}`))
      expect(await send(...names)).toMatchObject({ accepted: 511, rejected: 1 })
      // Five of the whole group, two for each of nine halvings, and a last one of the span alone.
      expect(wrapped.seen.writes).toBeLessThanOrEqual(5 + 2 * 9 + 1)
    })

    it('a fault that ends while it is looked for condemns nobody', async () => {
      const names = Array.from({ length: 256 }, (_, n) => `span ${n}`)
      // Five of the whole group, then some of its parts, down to single spans.
      const wrapped = around((run) => {
        if (run <= 15) throw withCode('XX000')
      })
      const { send } = start({ db: wrapped.db })
      expect(await send(...names)).toEqual(fine(256))
    })

    it('its sender may come again when nothing else shows that the fault is its own', async () => {
      const { send } = start({ db: poisoned().db })
      expect(await send('poison')).toMatchObject({ kind: 'unavailable' })
    })
  })

  it('tells the requests of a lane that is stuck, while the other one goes on', async () => {
    let release = () => {}
    const stuck = new Promise<void>((resolve) => {
      release = resolve
    })
    let lanes = 0
    const write: Database['write'] = async (work, options) => {
      lanes += 1
      if (lanes === 1) await stuck
      return db.write(work, options)
    }
    const { send } = start({ db: { ...db, write } as Database, patienceMs: 2_500, muchBytes: 0 })
    const first = send('a')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const others = db.dialect.name === 'postgres' ? [await send('b')] : []
    expect(await first).toMatchObject({ kind: 'unavailable' })
    expect(others).toEqual(others.map(() => fine(1)))
    release()
  })

  it('reports the spans it rejects', async () => {
    const { sendBody } = start()
    const request = exportRequest([{ ...named('x'), spanId: '' }, { ...named('y'), spanId: '' }, named('z')])
    expect(await sendBody(asJson(request), { encoding: 'json' })).toEqual({
      accepted: 1,
      rejected: 2,
      message: '2 spans were not stored: its span id is not 8 bytes, or is all zero (2)',
    })
  })

  it('drains: whatever was taken is answered first', async () => {
    const { send, pipeline } = start()
    const outcomes = Promise.all(Array.from({ length: 50 }, (_, n) => send(`span ${n}`)))
    await pipeline.drain()
    expect(await storedNames()).toHaveLength(50)
    expect(await outcomes).toEqual(Array.from({ length: 50 }, () => fine(1)))
  })

  it('answers a request of several transactions after the last of them', async () => {
    const spans = Array.from({ length: 5_000 }, (_, n) => ({ ...named(`span ${n}`), attributes: [LARGE] }))
    const body = asProtobuf(exportRequest(spans))
    const { sendBody } = start()
    const outcomes = await Promise.all([sendBody(body), sendBody(body), sendBody(body)])
    expect(outcomes).toEqual([fine(5_000), fine(5_000), fine(5_000)])
    expect(await db.read.$count(db.t.spans)).toBe(5_000)
  })

  it('answers a request that fills a transaction to the last place with it, not with the next', async () => {
    let isAnswered = false
    const answeredBefore: boolean[] = []
    const write: Database['write'] = async (work, options) => {
      await sleep(50)
      answeredBefore.push(isAnswered)
      return db.write(work, options)
    }
    const { send } = start({ db: { ...db, write } as Database, maxQueuedSpans: 4 })
    const full = send('a', 'b', 'c', 'd').then((outcome) => {
      isAnswered = true
      return outcome
    })
    expect(await Promise.all([full, send('e', 'f', 'g', 'h')])).toEqual([fine(4), fine(4)])
    expect(answeredBefore).toEqual([false, true])
    expect(await storedNames()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  })

  it('counts what is refused after the last place once, and waits for nothing more', async () => {
    const wrapped = around(() => {})
    const { sendBody } = start({ db: wrapped.db, maxQueuedSpans: 4 })
    const good = ['a', 'b', 'c', 'd'].map(named)
    const bad = [named('e'), named('f')].map((span) => ({ ...span, spanId: '' }))
    expect(await sendBody(asProtobuf(exportRequest([...good, ...bad])))).toMatchObject({
      accepted: 4,
      rejected: 2,
    })
    expect(wrapped.seen.writes).toBe(1)
    expect(await storedNames()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('lets others have their turn between the transactions of a large request', async () => {
    const wrapped = around(() => {})
    const { sendBody, send, decoded } = start({ db: wrapped.db })
    const spans = Array.from({ length: 9_000 }, (_, n) => named(`span ${n}`))
    const large = sendBody(asProtobuf(exportRequest(spans)))
    const few = send('of somebody else').then(() => wrapped.seen.writes)
    expect(await few).toBeLessThanOrEqual(db.dialect.name === 'sqlite' ? 3 : 5)
    expect(await large).toEqual(fine(9_000))
    expect(wrapped.seen.writes).toBeGreaterThanOrEqual(5)
    // What it holds at a time, not what it brings: otherwise nobody else would be let in meanwhile.
    expect(decoded).toEqual([2_048, 1])
  })

  it('hears somebody who comes while a large request is being stored', async () => {
    let few: Promise<number> | undefined
    const wrapped = around((run) => {
      if (run !== 1) return
      // A message from the thread that serves comes between two turns of the event loop, as this does.
      setImmediate(() => {
        few = send('of somebody else').then(() => wrapped.seen.writes)
      })
    })
    const { sendBody, send } = start({ db: wrapped.db })
    const spans = Array.from({ length: 16_000 }, (_, n) => named(`span ${n}`))
    expect(await sendBody(asProtobuf(exportRequest(spans)))).toEqual(fine(16_000))
    expect(wrapped.seen.writes).toBeGreaterThanOrEqual(8)
    // Not at the end: that would be all of them.
    expect(await few).toBeLessThanOrEqual((wrapped.seen.writes * 2) / 3)
  })

  it('tells a request that waited too long for its turn to come again, though others are stored', async () => {
    const write: Database['write'] = async (work, options) => {
      await new Promise((resolve) => setTimeout(resolve, 700))
      return db.write(work, options)
    }
    const { sendBody, send } = start({
      ...{ db: { ...db, write } as Database, patienceMs: 4_000, muchBytes: Number.MAX_SAFE_INTEGER },
      // Nothing gives way where nothing may be kept open.
      maxInflatedBytes: 300_000,
    })
    const body = () => asProtobuf(exportRequest(Array.from({ length: 5_000 }, () => named('s'))))
    const large = [sendBody(body()), sendBody(body()), sendBody(body()), sendBody(body())]
    expect(await send('late')).toMatchObject({ kind: 'unavailable' })
    expect(await Promise.all(large)).toContainEqual(fine(5_000))
  })

  it('stores in two transactions at a time on PostgreSQL when much is waiting, and in one otherwise', async () => {
    let open = 0
    let most = 0
    const wrapped = around(
      () => {
        most = Math.max(most, ++open)
      },
      async () => {
        open -= 1
      },
    )
    const { sendBody, send } = start({ db: wrapped.db })
    await Promise.all(Array.from({ length: 50 }, (_, n) => send(`span ${n}`)))
    expect(most).toBe(1)
    const large = () =>
      asProtobuf(exportRequest(Array.from({ length: 600 }, () => ({ ...named('s'), attributes: [LARGE] }))))
    await Promise.all([large(), large(), large(), large()].map((body) => sendBody(body)))
    expect(most).toBe(db.dialect.name === 'sqlite' ? 1 : 2)
    expect(await db.read.$count(db.t.spans)).toBe(50 + 2_400)
  })

  it('keeps every sum right when spans of the same traces come by two lanes', async () => {
    // The tests before took traces out without a word to the sums.
    await reindex(db)
    const { sendBody } = start({ muchBytes: 0 })
    const traces = Array.from({ length: 20 }, () => traceIdOf(++counter))
    const bodies = Array.from({ length: 12 }, (_, body) =>
      asProtobuf(
        exportRequest(
          traces.map((traceId, n) => ({
            ...{
              traceId,
              spanId: spanIdOf(1 + body),
              name: 's',
              startTimeUnixNano: '1',
              endTimeUnixNano: `${n}000`,
            },
            ...(body === 0 ? {} : { parentSpanId: spanIdOf(1 + Math.floor((body - 1) / 2)) }),
            attributes: [SESSION, TOKENS],
          })),
        ),
      ),
    )
    // Children before their parents, and each twice.
    const outcomes = await Promise.all([...bodies.toReversed(), ...bodies].map((body) => sendBody(body)))
    expect(outcomes).toEqual(outcomes.map(() => fine(20)))
    expect(await db.read.$count(db.t.spans)).toBe(20 * 12)
    const kept = await readSums(db)
    await reindex(db)
    expect(await readSums(db)).toEqual(kept)
  })

  it('takes the time of receipt for a span without a start', async () => {
    const { send } = start()
    await send('a')
    const [row] = await db.read.select().from(db.t.spans)
    expect(row?.startTime).toBe(Date.parse('2026-01-01T00:00:00Z') * 1000)
  })

  it('answers before COMMIT only when the crash test asks for it', async () => {
    const order: string[] = []
    const wrapped = around(
      () => {},
      async () => {
        await new Promise((resolve) => setImmediate(resolve))
        order.push('stored')
      },
    )
    const early = start({ db: wrapped.db, answerBeforeCommit: true })
    await early.send('a').then(() => order.push('answered'))
    await early.pipeline.drain()
    const late = start({ db: wrapped.db })
    await late.send('b').then(() => order.push('answered'))
    expect(order).toEqual(['answered', 'stored', 'stored', 'answered'])
  })
})
