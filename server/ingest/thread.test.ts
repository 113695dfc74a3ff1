import { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { IngestRequest } from '#server/ingest/client'
import { IngestMeter } from '#server/ingest/meter'
import { IngestThread } from '#server/ingest/thread'

/**
 * A worker that obeys: the body of a request says what becomes of it.
 * `ok` is answered, `eat` takes all the memory, `decode and eat` says before that it is at it, `die` ends the thread, `crash` throws, `hang` is never answered, `decoded 5` counts five spans and hangs.
 */
const OBEDIENT = `
  const { parentPort, workerData } = require('node:worker_threads')
  const noted = new Float64Array(workerData)
  parentPort.on('message', (message) => {
    if (message.kind === 'drain') { parentPort.postMessage({ kind: 'drained' }); parentPort.close(); return }
    const { id, request } = message
    const order = Buffer.from(request.body).toString()
    if (order === 'ok') parentPort.postMessage({ kind: 'done', id, result: { accepted: 1, rejected: 0, message: '' } })
    if (order === 'refuse') parentPort.postMessage({ kind: 'failed', id, error: { kind: 'undecodable', message: 'No', code: 'undecodable' } })
    if (order === 'die') process.exit(0)
    if (order === 'crash') throw new Error('crashed')
    if (order === 'decode and eat') noted[noted.length - 1] = id
    if (order.endsWith('eat')) { const all = []; for (;;) all.push(new Array(1000).fill(id)) }
    if (order.startsWith('decoded ')) parentPort.postMessage({ kind: 'decoded', id, spans: Number(order.slice(8)) })
  })
  parentPort.postMessage({ kind: 'ready' })`

const order = (text: string): IngestRequest => ({
  body: Buffer.from(text),
  encoding: 'protobuf',
  coding: 'identity',
  projectName: null,
})

async function start(limits = { maxQueuedSpans: 10, maxInflightBytes: 1000 }) {
  let spawned = 0
  const meter = new IngestMeter()
  const thread = new IngestThread({
    limits,
    log: pino({ level: 'silent' }),
    clock: () => new Date(),
    meter,
    spawn: () => {
      spawned += 1
      const resourceLimits = { maxOldGenerationSizeMb: 32 }
      return new Worker(OBEDIENT, { eval: true, workerData: meter.memory, resourceLimits })
    },
  })
  await thread.start()
  return { thread, spawned: () => spawned }
}

const OK = { accepted: 1, rejected: 0, message: '' }
const unavailable = { kind: 'unavailable', retryAfterSeconds: 1 }

describe('the ingest thread', () => {
  it('gives each request its own answer', async () => {
    const { thread } = await start()
    const [first, second] = await Promise.allSettled([
      thread.submit(order('refuse')),
      thread.submit(order('ok')),
    ])
    expect(first).toMatchObject({ status: 'rejected', reason: { kind: 'undecodable', message: 'No' } })
    expect(second).toEqual({ status: 'fulfilled', value: OK })
    await thread.drain()
  })

  it.each(['die', 'crash'])('that is told to %s leaves nobody waiting and is started again', async (how) => {
    const { thread, spawned } = await start()
    const hanging = thread.submit(order('hang'))
    await expect(Promise.all([hanging, thread.submit(order(how))])).rejects.toMatchObject(unavailable)
    await expect(hanging).rejects.toMatchObject(unavailable)
    await expect.poll(() => thread.submit(order('ok')).catch(() => null), { timeout: 5000 }).toEqual(OK)
    expect(spawned()).toBe(2)
    await thread.drain()
  })

  it('refuses a request that alone takes more memory than there is', { timeout: 30_000 }, async () => {
    const { thread } = await start()
    await expect(thread.submit(order('eat'))).rejects.toMatchObject({ kind: 'too_large' })
    await expect.poll(() => thread.submit(order('ok')).catch(() => null), { timeout: 5000 }).toEqual(OK)
    await thread.drain()
  })

  it('refuses of several requests the one that was decoded when memory ran out', {
    timeout: 30_000,
  }, async () => {
    const { thread } = await start()
    const orders = ['hang', 'decode and eat', 'ok'].map((text) => thread.submit(order(text)))
    const [before, culprit, after] = await Promise.allSettled(orders)
    expect(culprit).toMatchObject({ status: 'rejected', reason: { kind: 'too_large' } })
    for (const other of [before, after]) {
      expect(other).toMatchObject({ status: 'rejected', reason: unavailable })
    }
    await thread.drain()
  })

  it('refuses nobody for good when it is not known whose memory it was', { timeout: 30_000 }, async () => {
    const { thread } = await start()
    const answers = await Promise.allSettled(['hang', 'eat'].map((text) => thread.submit(order(text))))
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: unavailable })
    await thread.drain()
  })

  it('refuses newcomers while too many spans are decoded and not stored', async () => {
    const { thread } = await start()
    const hanging = thread.submit(order('decoded 10'))
    hanging.catch(() => {})
    await expect.poll(() => thread.submit(order('ok')).catch((error) => error.code)).toBe('queue_full')
    await thread.submit(order('die')).catch(() => {})
    void thread.drain()
  })

  it('gives places back after every outcome', async () => {
    const { thread } = await start({ maxQueuedSpans: 1, maxInflightBytes: 1 })
    for (const text of ['ok', 'refuse', 'ok', 'refuse']) await thread.submit(order(text)).catch(() => {})
    expect(await thread.submit(order('ok'))).toEqual(OK)
    await thread.drain()
  })

  it('takes nothing new once it drains', async () => {
    const { thread } = await start()
    const last = thread.submit(order('ok'))
    const drained = thread.drain()
    await expect(thread.submit(order('ok'))).rejects.toMatchObject(unavailable)
    expect(() => thread.reserve()).toThrow(expect.objectContaining(unavailable))
    expect(await last).toEqual(OK)
    await drained
  })

  it('does not touch the bytes of the caller', async () => {
    const { thread } = await start()
    const shared = Buffer.from('--ok--')
    await thread.submit({ ...order(''), body: shared.subarray(2, 4) })
    expect(shared.toString()).toBe('--ok--')
    await thread.drain()
  })

  it.each([0, 5])('copies no body that has its memory for itself, %d bytes before it aside', async (head) => {
    const { thread } = await start()
    const whole = new Uint8Array(head + 2)
    whole.set(Buffer.from('ok'), head)
    await thread.submit({ ...order(''), body: whole.subarray(head) })
    expect(whole.byteLength).toBe(0)
    await thread.drain()
  })

  it('counts what became of its requests, and why others were refused', async () => {
    const { thread } = await start()
    for (const text of ['ok', 'refuse', 'ok']) await thread.submit(order(text)).catch(() => {})
    await thread.drain()
    expect(() => thread.reserve()).toThrow()
    expect(thread.stats()).toMatchObject({
      queue: { requests: 0, spans: 0, bytes: 0 },
      outcomes: { stored: 2, undecodable: 1 },
      refusals: { bytes: 0, spans: 0, starting: 0, stopping: 1 },
      workerStarts: 1,
    })
  })

  it('tells what is in flight', async () => {
    const { thread } = await start()
    const hanging = thread.submit(order('decoded 7')).catch(() => {})
    await expect.poll(() => thread.stats().queue).toEqual({ requests: 1, spans: 7, bytes: 9 })
    const { oldestSeconds } = thread.stats()
    await thread.submit(order('ok'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    // A younger one that has been answered does not make the oldest any younger.
    expect(thread.stats().oldestSeconds).toBeGreaterThanOrEqual(oldestSeconds + 0.045)
    await thread.submit(order('die')).catch(() => {})
    await hanging
    expect(thread.stats().oldestSeconds).toBe(0)
    void thread.drain()
  })
})
