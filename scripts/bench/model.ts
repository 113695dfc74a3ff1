/** The words of the bench: what is measured, and what came out. */
import type { PageReport } from '../../test/watch-page'
import type { Weight } from './contents'

export type Engine = 'sqlite' | 'postgres'
export type Transport = 'http' | 'json' | 'grpc'

export const ENGINES: readonly Engine[] = ['sqlite', 'postgres']
export const TRANSPORTS: readonly Transport[] = ['http', 'json', 'grpc']
export const WEIGHTS: readonly Weight[] = ['heavy', 'light']

/** One row of the table: what is sent, how, and where to. */
export interface Case {
  engine: Engine
  transport: Transport
  weight: Weight
  /** Spans in a request. */
  batch: number
  connections: number
  /** Whether bodies are compressed: always over HTTP with protobuf. */
  gzip: boolean
}

/** How requests are prepared: two cases with the same preparation send the same bytes. */
export interface Preparation {
  weight: Weight
  encoding: 'protobuf' | 'json'
  gzip: boolean
  gzipLevel: number
  batch: number
  /** Independent applications whose requests take turns. */
  streams: number
  spans: number
}

export interface SenderReport {
  /** Of the part that counts, without the time to warm up. */
  spans: number
  requests: number
  failures: number
  durationMs: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** Everything acknowledged since the first request. */
  totalSpans: number
  totalRequests: number
  /** Whether the payloads came to an end before the time did. */
  usedUp: boolean
  /** The first answer that was not a success. */
  firstFailure: string | null
}

export interface FloorReport {
  spans: number
  durationMs: number
  /** Transactions. */
  commits: number
  /** Processor time of its own process. */
  cpuMs: number
}

export interface CaseResult {
  case: Case
  sender: SenderReport
  /** Null when left out. */
  floor: FloorReport | null
  pages: PageReport | null
  /** Processor time of the server's processes, and of PostgreSQL's. */
  serverCpuMs: number
  databaseCpuMs: number
  /** Largest sum of the resident memory of the server's processes. */
  peakRssMb: number
  diskBytesPerSpan: number
  /** Spans in the database at the end: as many as were acknowledged. */
  storedSpans: number
}
