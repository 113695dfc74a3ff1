/**
 * What group commit is measured against: a server that takes the same requests over HTTP and gives each a transaction of
 * its own. No authentication, no limits, no roll-ups, and every span goes to one trace that is there already. A process
 * of its own, started by single.ts; says its port, and ends when its parent disconnects.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DatabaseConfig } from '#server/config/model'
import { columnsOf } from '#server/ingest/store-spans'
import { decodeAll, openRaw } from './raw-database'

export interface WriterOrder {
  database: DatabaseConfig
  projectId: number
}

const { database, projectId }: WriterOrder = JSON.parse(process.argv[2] ?? '')
const raw = await openRaw(database)
const { t, dialect } = raw.db
const traceRowId = await makeTrace()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', async () => {
    const gzip = request.headers['content-encoding'] === 'gzip'
    const rows = decodeAll(raw.db, Buffer.concat(chunks), 'protobuf', gzip).map((span) =>
      columnsOf(span.row, { traceRowId, projectId }),
    )
    await raw.transact(async (tx) => void (await dialect.insertMany(tx, t.spans, rows)))
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': '0' }).end()
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))

async function makeTrace(): Promise<number> {
  let id = 0
  await raw.transact(async (tx) => {
    const trace = { traceId: 'f'.repeat(32), projectId, startTime: 1, endTime: 1 }
    id = (await dialect.insertMany(tx, t.traces, [trace]))[0] as number
  })
  return id
}
