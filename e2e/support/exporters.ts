/** What services do with a key while people look at pages: send a span, over either transport. */
import { randomBytes } from 'node:crypto'
import { GrpcTestClient } from '../../test/grpc'
import { asProtobuf, exportRequest, type JsonRequest } from '../../test/otlp'
import type { BennuServer } from './server'

/** One span, a trace of its own, that has just ended. */
export function oneSpan(name: string, project: string): JsonRequest {
  const now = BigInt(Date.now()) * 1_000_000n
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name,
    startTimeUnixNano: String(now - 5_000_000n),
    endTimeUnixNano: String(now),
  }
  return exportRequest([span], project)
}

/** The status of sending a span over HTTP with this key. */
export async function sendOverHttp(
  { baseUrl }: BennuServer,
  key: string,
  span: JsonRequest,
): Promise<number> {
  const answer = await fetch(`${baseUrl}/v1/traces`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(span),
  })
  await answer.text()
  return answer.status
}

/** An exporter whose gRPC channel stays open, as they do. */
export function openGrpcExporter({ grpcPort }: BennuServer, key: string) {
  const client = new GrpcTestClient(grpcPort)
  return {
    /** The name of the code: `OK`, `UNAUTHENTICATED` … */
    send: async (span: JsonRequest) => (await client.call(asProtobuf(span), `Bearer ${key}`)).code,
    close: () => client.close(),
  }
}
