/**
 * The one error type of the program. A kind fixes the HTTP status and the gRPC code; the message is
 * a sentence the caller may read; the cause is for the log alone.
 */

export const ERROR_KINDS = {
  invalid: { status: 422, grpc: 3 },
  undecodable: { status: 400, grpc: 3 },
  unauthenticated: { status: 401, grpc: 16 },
  forbidden: { status: 403, grpc: 7 },
  not_found: { status: 404, grpc: 5 },
  conflict: { status: 409, grpc: 6 },
  too_large: { status: 413, grpc: 8 },
  unsupported_media: { status: 415, grpc: 3 },
  rate_limited: { status: 429, grpc: 14 },
  unavailable: { status: 503, grpc: 14 },
  storage_full: { status: 507, grpc: 8 },
  internal: { status: 500, grpc: 13 },
} as const

export type ErrorKind = keyof typeof ERROR_KINDS

/** One fault of a request, in the shape of a 422 body's `detail` list. */
export interface FieldFault {
  type: string
  loc: (string | number)[]
  msg: string
}

export interface AppErrorOptions {
  cause?: unknown
  /** Faults by place, answered as `{detail: […]}` (kind `invalid` only). */
  faults?: FieldFault[]
  /** Seconds after which the caller may try again. */
  retryAfterSeconds?: number
  /** A stable machine-readable name, sent as `x-error-code`; the kind when left out. */
  code?: string
  /** Answer with this body (as JSON) instead of the sentence. */
  body?: unknown
}

// Next bundles a copy of this module into each route, so `instanceof` is no test: the brand is.
const BRAND = Symbol.for('bennu.AppError')

/** An expected failure with a sentence fit for the caller. */
export class AppError extends Error {
  readonly [BRAND] = true
  readonly kind: ErrorKind
  readonly faults: FieldFault[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly code: string
  readonly body: unknown

  constructor(kind: ErrorKind, publicSentence: string, options: AppErrorOptions = {}) {
    super(publicSentence, { cause: options.cause })
    this.name = 'AppError'
    this.kind = kind
    this.faults = options.faults
    this.retryAfterSeconds = options.retryAfterSeconds
    this.code = options.code ?? kind
    this.body = options.body
  }
}

/** Whether a caught value is an AppError, whichever copy of this module made it. */
export function isAppError(error: unknown): error is AppError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** Any caught value as an AppError: unknown ones become `internal` with their cause kept for the log. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error
  return new AppError('internal', 'Internal Server Error', { cause: error })
}
