// Measures decode and store in process. Args: engine pg-url|file spans batch weight

import { mkdtempSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { parseConfig } from '#server/config'
import { migrate } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { openRequest } from '#server/ingest/decode'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'
import { encodeProtobuf } from './encode'
import { generateSpans, takeSpans } from './generator'

const [engine = 'sqlite', url = '', n = '20000', batchText = '512', weight = 'heavy', mode = 'store'] =
  process.argv.slice(2)
const total = Number(n),
  per = Number(batchText)
let folder = ''
const config =
  engine === 'sqlite'
    ? {
        dialect: 'sqlite' as const,
        file: (folder = mkdtempSync('/tmp/w/store/db-')) + '/b.db',
        inMemory: false,
      }
    : parseConfig({ PHOENIX_SQL_DATABASE_URL: url }).config.database
await migrate(config, pino({ level: 'silent' }))
const db = await openDatabase(config, { bulk: true })
const seed = Math.floor(Math.random() * 2 ** 31)
const source = generateSpans({ weight: weight as 'heavy', seed })
const bodies: Buffer[] = []
for (let made = 0; made < total; made += 512)
  bodies.push(gzipSync(encodeProtobuf(takeSpans(source, 512), 'bench'), { level: 1 }))
const cpu0 = () => process.cpuUsage()
const us = (from: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(from)
  return user + system
}
const decodeAll = (body: Buffer) => {
  const { spans } = openRequest({ body, encoding: 'protobuf', coding: 'gzip', projectName: null } as never, {
    maxInflatedBytes: 2 ** 28,
    receivedAt: Date.now() * 1000,
  })
  const rows: IncomingSpan[] = []
  for (let s = spans.next(); !s.done; s = spans.next()) rows.push(s.value as IncomingSpan)
  return rows
}
const result: Record<string, number> = {}
let decodeUs = 0,
  storeUs = 0,
  storeMs = 0,
  count = 0
const waiting: IncomingSpan[] = []
const w0 = performance.now()
let warmAt = Math.min(4096, total / 4),
  base: any = null
const traceRows = new Map<string, number>()
async function floor(batch: IncomingSpan[]) {
  await db.write(async (tx) => {
    const fresh = new Map(
      batch.filter(({ row }) => !traceRows.has(row.traceId)).map(({ row }) => [row.traceId, row]),
    )
    const traces = [...fresh.values()].map(({ traceId, startTime, endTime }) => ({
      traceId,
      projectId: 1,
      startTime,
      endTime,
    }))
    const ids = await db.dialect.insertMany(tx, db.t.traces, traces)
    traces.forEach(({ traceId }, i) => traceRows.set(traceId, ids[i] as number))
    await db.dialect.insertMany(
      tx,
      db.t.spans,
      batch.map(({ row }) => {
        const { traceId, ...c } = row
        return { ...c, traceRowId: traceRows.get(traceId) as number, projectId: 1 }
      }),
    )
  })
}
await db.write(async (tx) => {
  await tx
    .insert(db.t.projects)
    .values({ id: 1, name: 'bench', createdAt: new Date(), updatedAt: new Date() })
    .onConflictDoNothing()
})
for (const body of bodies) {
  let c = cpu0()
  waiting.push(...decodeAll(body))
  decodeUs += us(c)
  while (waiting.length >= per) {
    const batch = waiting.splice(0, per)
    c = cpu0()
    const w = performance.now()
    if (mode === 'floor') await floor(batch)
    else await storeSpans(db, batch, () => new Date())
    storeUs += us(c)
    storeMs += performance.now() - w
    count += batch.length
    if (!base && count >= warmAt)
      base = { decodeUs, storeUs, storeMs, count, w: performance.now(), c: cpu0() }
  }
}
const k = count - base.count
const ms = performance.now() - base.w
console.log(engine, weight, mode, `batch ${per}`, {
  decodeCpu: +((decodeUs - base.decodeUs) / k).toFixed(1),
  storeCpu: +((storeUs - base.storeUs) / k).toFixed(1),
  storeWall: +(((storeMs - base.storeMs) * 1000) / k).toFixed(1),
  perSpanWall: +((ms * 1000) / k).toFixed(1),
  spansPerS: Math.round((k / ms) * 1000),
})
await db.close()
if (folder) rmSync(folder, { recursive: true })
