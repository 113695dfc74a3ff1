/**
 * What OTLP answers: ExportTraceServiceResponse and google.rpc.Status, as protobuf or JSON. A Status is three fields
 * long and written by hand, field numbers from google/rpc/{status,error_details}.proto.
 */
import protobuf from 'protobufjs/minimal.js'
import { opentelemetry } from '#proto/generated/trace.js'
import { type AppError, ERROR_KINDS } from '#server/errors'
import type { IngestResult, OtlpEncoding } from '#server/ingest/client'

const { ExportTraceServiceResponse } = opentelemetry.proto.collector.trace.v1
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

/** The body of a success; it names rejected spans and nothing else. */
export function writeSuccess(encoding: OtlpEncoding, result: IngestResult): Uint8Array | string {
  return encoding === 'json' ? writeSuccessJson(result) : writeSuccessProtobuf(result)
}

function writeSuccessJson({ rejected, message }: IngestResult): string {
  if (rejected === 0) return '{}'
  return JSON.stringify({ partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } })
}

/** Nothing at all when everything was stored: OTLP asks to leave `partial_success` unset then. */
export function writeSuccessProtobuf({ rejected, message }: IngestResult): Uint8Array {
  const answer = rejected === 0 ? {} : { partialSuccess: { rejectedSpans: rejected, errorMessage: message } }
  return ExportTraceServiceResponse.encode(answer).finish()
}

/** The body of a failure. */
export function writeStatus(encoding: OtlpEncoding, error: AppError): Uint8Array | string {
  return encoding === 'json' ? writeStatusJson(error) : writeStatusProtobuf(error)
}

function writeStatusJson({ kind, message, retryAfterSeconds }: AppError): string {
  const details =
    retryAfterSeconds === undefined ? [] : [{ '@type': RETRY_INFO, retryDelay: `${retryAfterSeconds}s` }]
  return JSON.stringify({ code: ERROR_KINDS[kind].grpc, message, ...(details.length > 0 && { details }) })
}

/** Status { code = 1, message = 2, details = 3 Any { type_url = 1, value = 2 RetryInfo { retry_delay = 1 } } } */
export function writeStatusProtobuf({ kind, message, retryAfterSeconds }: AppError): Uint8Array {
  const writer = protobuf.Writer.create().uint32(8).int32(ERROR_KINDS[kind].grpc).uint32(18).string(message)
  if (retryAfterSeconds !== undefined) {
    const retryInfo = protobuf.Writer.create()
    retryInfo.uint32(10).fork().uint32(8).int64(retryAfterSeconds).ldelim()
    writer.uint32(26).fork().uint32(10).string(RETRY_INFO).uint32(18).bytes(retryInfo.finish()).ldelim()
  }
  return writer.finish()
}
