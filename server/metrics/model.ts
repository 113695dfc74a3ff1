/** What a process counts for Prometheus besides what its parts count for themselves. */
export interface ProcessMetrics {
  /** Counts an answered HTTP request. `route` is a class of paths, never a path: those are without end. */
  countHttp(request: { route: string; status: number; seconds: number }): void
  /** Counts an answered gRPC call by the name of its code, such as `UNAVAILABLE`. */
  countGrpc(code: string): void
  /** Everything as Prometheus reads it (text format 0.0.4), each sample with a label that names the process. */
  text(): Promise<string>
}
