/** Encodes the requests of a measurement, in processes of their own: one for each core. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { encodeJson, encodeProtobuf } from './encode'
import { generateSpans, takeSpans } from './generator'
import type { Preparation } from './model'
import { PayloadWriter } from './payload-file'

/** Name of the project the spans go to. */
export const PROJECT = 'bench'

/**
 * Where the files of a preparation lie; those that are missing are written, and are the same each time.
 * @throws Error when a process that writes one fails
 */
export async function prepare(preparation: Preparation, folder: string): Promise<string[]> {
  const shards = availableParallelism()
  const { weight, encoding, gzip, gzipLevel, batch, streams, spans } = preparation
  const name = [weight, encoding, gzip ? `gzip${gzipLevel}` : 'plain', batch, streams, spans].join('-')
  const paths = Array.from({ length: shards }, (_, shard) => join(folder, `${name}.${shard}-of-${shards}`))
  await Promise.all(
    paths.map((path, shard) =>
      existsSync(path) ? null : prepareShard(preparation, { path, shard, shards }),
    ),
  )
  return paths
}

interface Shard {
  path: string
  shard: number
  shards: number
}

async function prepareShard(preparation: Preparation, shard: Shard): Promise<void> {
  const order = JSON.stringify({ preparation, shard })
  // Whoever prepares may be a test, which reads TypeScript by other means.
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [order], { execArgv: ['--import', 'tsx'] })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error('The requests of the measurement could not be prepared')
}

function writeShard({ preparation, shard }: { preparation: Preparation; shard: Shard }): void {
  const { weight, encoding, gzip, gzipLevel, batch, streams } = preparation
  const writer = new PayloadWriter(`${shard.path}.part`)
  // Several applications take turns, as they do in life; each has its own traces.
  const sources = Array.from({ length: streams }, (_, stream) =>
    generateSpans({ weight, seed: 1 + shard.shard + stream * shard.shards }),
  )
  const encode = encoding === 'json' ? encodeJson : encodeProtobuf
  const requests = Math.ceil(preparation.spans / batch / shard.shards)
  for (let index = 0; index < requests; index++) {
    const source = sources[index % streams] as (typeof sources)[number]
    const body = encode(takeSpans(source, batch), PROJECT)
    if (gzip) writer.write({ body: gzipSync(body, { level: gzipLevel }), spans: batch }, null)
    else writer.write({ body, spans: batch }, encoding)
  }
  writer.close()
  // Whole or not at all: a file that is there is taken as it is.
  renameSync(`${shard.path}.part`, shard.path)
}

const [task] = process.argv.slice(2)
if (process.argv[1] === fileURLToPath(import.meta.url) && task) writeShard(JSON.parse(task))
