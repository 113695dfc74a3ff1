/** An AppError as gRPC says it. */
import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { type AppError, ERROR_KINDS } from '#server/errors'
import { writeStatusProtobuf } from '#server/otlp/reply'
import { cleanText } from '#server/otlp/text'

/** Code, sentence, and where the sender should try again, when (RetryInfo). */
export type GrpcFailure = Pick<ServiceError, 'code' | 'details' | 'metadata'>

export function toGrpcFailure(error: AppError): GrpcFailure {
  const metadata = new Metadata()
  if (error.retryAfterSeconds !== undefined) {
    metadata.set('grpc-status-details-bin', Buffer.from(writeStatusProtobuf(error)))
  }
  // grpc-js percent-encodes the sentence, which half a surrogate pair would break.
  return { code: ERROR_KINDS[error.kind].grpc, details: cleanText(error.message), metadata }
}
