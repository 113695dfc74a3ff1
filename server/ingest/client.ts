/** The contract between whoever receives spans and the worker thread that stores them. */

/** How the body of a request is written. */
export type OtlpEncoding = 'protobuf' | 'json'
export type ContentCoding = 'identity' | 'gzip' | 'deflate'

/** One export request, as it came off the wire. */
export interface IngestRequest {
  /** Lost to the caller once it is submitted, if it is all that its buffer holds but for the head of a gRPC message. */
  body: Uint8Array
  encoding: OtlpEncoding
  coding: ContentCoding
  /** Overrides the project named by the resource; the `x-project-name` header. Empty counts as absent. */
  projectName: string | null
}

/** What became of a request whose acceptable spans are on disk. */
export interface IngestResult {
  /** Spans stored now or already there. */
  accepted: number
  rejected: number
  /** Why, in one sentence; empty when nothing was rejected. */
  message: string
}

/** A place among the requests in flight, taken before the body is read. */
export interface Reservation {
  /**
   * Counts further bytes of the body.
   * @throws AppError unavailable when that is more than all requests together may hold
   */
  grow(bytes: number): void
  /** Gives the place back. Harmless when done twice. */
  release(): void
}

export interface IngestClient {
  /**
   * Takes a place for a request whose body is still to be read.
   * @throws AppError unavailable when the server is full or stopping
   */
  reserve(): Reservation
  /**
   * Stores the spans of one request. Resolves after COMMIT.
   * @param reservation a place taken earlier that counts the body already; without one it is taken here. Released at the end
   * @throws AppError undecodable, too_large, unavailable (full, or the database is away), storage_full
   */
  submit(request: IngestRequest, reservation?: Reservation): Promise<IngestResult>
  /** Stops taking requests, finishes those taken, ends the thread. */
  drain(): Promise<void>
}
