/** What the page of general settings shows. Browser-safe. */

/** The answer of `GET /ui/general`. */
export interface GeneralSettings {
  /** Our own version, and the one announced to clients that check for compatibility. */
  version: string
  announcedVersion: string
  database: {
    engine: 'sqlite' | 'postgres'
    /** Its path, or its address without a password; for admins, and for everybody while authentication is off. */
    describe: string | null
    /** What our tables take on disk; null when the database would not tell. */
    sizeBytes: number | null
  }
  authEnabled: boolean
  /** Whether people may sign in by e-mail and password. */
  basicAuth: boolean
  /** The address people reach this server at, when the operator said so. */
  rootUrl: string | null
  /** Where this server listens; null where it does not. */
  ports: {
    /** Pages, REST and OTLP over HTTP. */
    web: number | null
    /** OTLP over gRPC. */
    grpc: number | null
    /** OTLP over HTTP alone. */
    otlpHttp: number | null
    /** Metrics for Prometheus. */
    metrics: number | null
  }
  /** How long the web process has been running. */
  uptimeSeconds: number
  /** Where the operator manages the server, for those whom it concerns. */
  managementUrl: string | null
}
