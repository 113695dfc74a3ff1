/** The collector: OTLP over gRPC and over HTTP, each on its standard port. */
import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js'
import { takeWaitingConnections } from '#server/listener/close-server'
import type { Service } from '#server/process/child'
import { listenPatiently } from '#server/process/listen'
import type { Runtime } from '#server/runtime'
import { createCredentials } from './credentials'
import { createGate, type Places } from './gate'
import { startOtlpHttp } from './otlp-http'
import { createTraceService, traceService } from './trace-service'

/** Calls that one connection may have open: each may hold a message of the largest size. */
const MAX_CALLS_PER_CONNECTION = 100
/** How long a message may take to arrive, as a request over HTTP: what it has sent so far takes room from others. */
const MESSAGE_MS = 120_000
/** A client that is gone without a word is found out by a ping after so long, and so long without an answer to it. */
const PING_MS = 60_000
const PING_PATIENCE_MS = 20_000

/**
 * Starts listening on PHOENIX_HOST.
 * @param messageMs how long a message may take to arrive
 * @throws StartError when a port cannot be had
 */
export async function startCollector(runtime: Runtime, messageMs = MESSAGE_MS): Promise<Service> {
  // The library writes to stderr what we say ourselves, in one line of our log.
  setLogVerbosity(logVerbosity.NONE)
  const { host, grpcPort } = runtime.config.server
  const target = { host, port: grpcPort, setting: 'PHOENIX_GRPC_PORT or --grpc-port' }
  const { server, port } = await listenPatiently(target, () => listen(runtime, messageMs))
  const http = await startOtlpHttp(runtime).catch((error: unknown) => {
    server.forceShutdown()
    throw error
  })
  return {
    port,
    otlpHttpPort: http?.port ?? null,
    stop: async (graceMs) => {
      await Promise.all([stop(server, graceMs), http?.stop(graceMs)])
    },
  }
}

async function listen(runtime: Runtime, messageMs: number): Promise<{ server: Server; port: number }> {
  const { host, grpcPort } = runtime.config.server
  const places: Places = new WeakMap()
  const server = new Server({
    interceptors: [createGate(runtime, places, messageMs)],
    'grpc.max_receive_message_length': runtime.config.ingest.maxRequestBytes,
    'grpc.max_concurrent_streams': MAX_CALLS_PER_CONNECTION,
    'grpc.keepalive_time_ms': PING_MS,
    'grpc.keepalive_timeout_ms': PING_PATIENCE_MS,
    // A second process on the port must fail, not share it.
    'grpc.so_reuseport': 0,
  })
  server.addService(traceService, createTraceService(runtime, places))
  const address = host.includes(':') ? `[${host}]:${grpcPort}` : `${host}:${grpcPort}`
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, createCredentials(runtime), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  }).catch((error: unknown) => {
    server.forceShutdown()
    throw error
  })
  return { server, port }
}

/** Lets calls that are under way end, for so long; then cuts them off. */
async function stop(server: Server, graceMs: number): Promise<void> {
  let cut: NodeJS.Timeout | undefined
  const graceIsOver = new Promise<void>((resolve) => {
    cut = setTimeout(resolve, graceMs)
  })
  await takeWaitingConnections(graceMs)
  const isClosed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  await Promise.race([isClosed, graceIsOver])
  clearTimeout(cut)
  server.forceShutdown()
}
