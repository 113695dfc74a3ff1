/** How many spans a second the ingest thread stores in a database, asked as the server asks it. */
import { gzipSync } from 'node:zlib'
import type { Logger } from 'pino'
import type { DatabaseConfig } from '#server/config/model'
import { Checkpoints } from '#server/db/checkpoints'
import { startIngest } from '#server/ingest/start'
import { encodeProtobuf } from '../scripts/bench/encode'
import { generateSpans, takeSpans, type Weight } from '../scripts/bench/generator'
import { testConfig } from './runtime'

const SPANS_PER_REQUEST = 512
const REQUESTS = { light: 100, heavy: 40 }
const WARM_UP_REQUESTS = 8
const IN_FLIGHT = 4

/** Spans a second, protobuf gzip, 512 spans a request, four at a time; a success is sent after COMMIT. */
export async function ingestRate(
  database: DatabaseConfig,
  options: { weight: Weight; seed: number; log: Logger },
): Promise<number> {
  const bodies = encodeRequests(options)
  const client = await startIngest({ ...testConfig(), database }, options.log)
  const checkpoints = database.dialect === 'sqlite' ? new Checkpoints(database.file, options.log) : null
  const send = async (body: Buffer) => {
    const request = {
      body: Uint8Array.from(body),
      encoding: 'protobuf',
      coding: 'gzip',
      projectName: null,
    } as const
    const { accepted } = await client.submit(request)
    if (accepted !== SPANS_PER_REQUEST) throw new Error(`${accepted} spans were accepted`)
  }
  const sendAll = async (queue: Buffer[]) => {
    const sender = async () => {
      for (let body = queue.shift(); body; body = queue.shift()) await send(body)
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, sender))
  }
  await sendAll(bodies.splice(0, WARM_UP_REQUESTS))
  const count = bodies.length * SPANS_PER_REQUEST
  const since = performance.now()
  await sendAll(bodies)
  const rate = count / ((performance.now() - since) / 1000)
  await client.drain()
  await checkpoints?.stop()
  return rate
}

function encodeRequests({ weight, seed }: { weight: Weight; seed: number }): Buffer[] {
  const source = generateSpans({ weight, seed, startMs: Date.now() })
  return Array.from({ length: REQUESTS[weight] + WARM_UP_REQUESTS }, () =>
    gzipSync(encodeProtobuf(takeSpans(source, SPANS_PER_REQUEST), 'rate'), { level: 1 }),
  )
}
