/** `TraceService/Export`: hands the message, as it came, to the ingest worker. */
import type {
  handleUnaryCall,
  Metadata,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { IngestResult } from '#server/ingest/client'
import { writeSuccessProtobuf } from '#server/otlp/reply'
import type { Runtime } from '#server/runtime'
import type { Frame } from './frames'
import { failureOf, type Places } from './gate'

/** Messages are not decoded here: the worker does that, once for all transports. */
export const traceService = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: (frame: Frame) => Buffer.from(frame.body),
    // See frames.ts: what arrives here is a Frame already.
    requestDeserialize: (frame: unknown) => frame as Frame,
    responseSerialize: (result: IngestResult) => Buffer.from(writeSuccessProtobuf(result)),
    responseDeserialize: (): IngestResult => ({ accepted: 0, rejected: 0, message: '' }),
  },
} satisfies ServiceDefinition

export function createTraceService(runtime: Runtime, places: Places): UntypedServiceImplementation {
  const Export: handleUnaryCall<Frame, IngestResult> = (call, callback) => {
    store(runtime, places, call.metadata, call.request).then(
      (result) => callback(null, result),
      (error: unknown) => callback(failureOf(runtime, error)),
    )
  }
  return { Export }
}

async function store(
  { ingest }: Runtime,
  places: Places,
  metadata: Metadata,
  { body, coding }: Frame,
): Promise<IngestResult> {
  const place = places.get(metadata)
  places.delete(metadata)
  try {
    return await ingest.submit({ body, coding, encoding: 'protobuf', projectName: null }, place)
  } finally {
    place?.release()
  }
}
