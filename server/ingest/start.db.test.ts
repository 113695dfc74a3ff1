import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { opentelemetry } from '#proto/generated/trace.js'
import type { IngestClient } from '#server/ingest/client'
import { startIngest } from '#server/ingest/start'
import { createTestDatabase } from '../../test/database'
import { testConfig } from '../../test/runtime'

const { ExportTraceServiceRequest } = opentelemetry.proto.collector.trace.v1

let client: IngestClient | undefined
afterEach(async () => {
  await client?.drain()
})

describe('startIngest', () => {
  it('stores the spans of a request before it resolves', async () => {
    const db = await createTestDatabase()
    client = await startIngest({ ...testConfig(), database: db.config }, pino({ level: 'silent' }))
    const body = ExportTraceServiceRequest.encode({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: Buffer.alloc(16, 1),
                  spanId: Buffer.alloc(8, 2),
                  name: 'hello',
                  attributes: [{ key: 'input.value', value: { stringValue: 'hi' } }],
                },
              ],
            },
          ],
        },
      ],
    }).finish()
    const result = await client.submit({ body, encoding: 'protobuf', coding: 'identity', projectName: null })
    expect(result).toEqual({ accepted: 1, rejected: 0, message: '' })
    const rows = await db.read.select().from(db.t.spans)
    expect(rows.map((row) => [row.name, row.inputPreview])).toEqual([['hello', 'hi']])
  })
})
