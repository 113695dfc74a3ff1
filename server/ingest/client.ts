/** The contract between whoever receives spans and the worker thread that stores them. */

/** How the body of a request is written. */
export type OtlpEncoding = 'protobuf' | 'json'
export type ContentCoding = 'identity' | 'gzip' | 'deflate'

/** One export request, as it came off the wire. */
export interface IngestRequest {
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

export interface IngestClient {
  /**
   * Stores the spans of one request. Resolves after COMMIT.
   * @throws AppError undecodable, too_large, unavailable (full, or the database is away), storage_full
   */
  submit(request: IngestRequest): Promise<IngestResult>
  /** Stops taking requests, finishes those taken, ends the thread. */
  drain(): Promise<void>
}
