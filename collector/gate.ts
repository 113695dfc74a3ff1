/** What happens to a call before its message is read: credential, permission, room. */
import { randomUUID } from 'node:crypto'
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js'
import { createClientAddressResolver } from '#server/client-address'
import { toAppError } from '#server/errors'
import type { Reservation } from '#server/ingest/client'
import { admitSender } from '#server/ingest/sender'
import { createProxyWarnings } from '#server/listener/proxy-warnings'
import type { Runtime } from '#server/runtime'
import { type GrpcFailure, toGrpcFailure } from './errors'
import { createDrop, passFramesThrough, watchBytes, watchStatus } from './frames'

/**
 * The place that a call has taken, by its metadata: what an interceptor and its handler both see. Whoever takes it out
 * gives it back: the handler, whose request stays in the worker even when its client leaves.
 */
export type Places = WeakMap<Metadata, Reservation>

/**
 * Refuses a call before its message is read; whoever passes has a place among the requests in flight.
 * @param messageMs how long the message may take from then on, in milliseconds
 */
export function createGate(runtime: Runtime, places: Places, messageMs: number): ServerInterceptor {
  const clientOf = createClientOf(runtime)
  return (_method, call) => {
    passFramesThrough(call)
    watchStatus(call, (code) => runtime.metrics?.countGrpc(status[code] ?? 'UNKNOWN'))
    const refuse = (error: unknown) => call.sendStatus(failureOf(runtime, error))
    const dropMessage = createDrop(call)
    let held: { metadata: Metadata; place: Reservation } | null = null
    let isOver = false
    let patience: NodeJS.Timeout | undefined
    watchBytes(call, (bytes) => held?.place.grow(bytes), refuse)
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        enter(runtime, metadata, clientOf(metadata, call.getPeer())).then((place) => {
          if (isOver) return place.release()
          held = { metadata, place }
          patience = setTimeout(() => call.sendStatus(TOO_SLOW), messageMs)
          places.set(metadata, place)
          next(metadata)
        }, refuse)
      })
      // A handler waits for the end of what is sent, not for the message.
      .withOnReceiveHalfClose((next) => {
        clearTimeout(patience)
        next()
      })
      // Called at the end of every call, whoever ended it.
      .withOnCancel(() => {
        isOver = true
        clearTimeout(patience)
        dropMessage()
        if (held && places.delete(held.metadata)) held.place.release()
      })
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }
}

/** Exporters try again after this one. */
const TOO_SLOW = { code: status.DEADLINE_EXCEEDED, details: 'The message did not arrive in time' }

async function enter(runtime: Runtime, metadata: Metadata, address: string | null): Promise<Reservation> {
  const [authorization] = metadata.get('authorization')
  const credential = {
    authorization: authorization === undefined ? null : String(authorization),
    accessCookie: null,
  }
  const [userAgent] = metadata.get('user-agent')
  await admitSender(runtime, credential, {
    requestId: randomUUID(),
    address,
    userAgent: userAgent === undefined ? null : String(userAgent),
  })
  return runtime.ingest.reserve()
}

/** Whose call it is: the peer's, or of whom a trusted proxy says that it is. */
function createClientOf(runtime: Runtime): (metadata: Metadata, peer: string) => string | null {
  const resolveClient = createClientAddressResolver(runtime.config.server.forwardedAllowIps)
  const warnOnce = createProxyWarnings(runtime)
  return (metadata, peer) => {
    const client = resolveClient(addressOf(peer), (name) => metadata.get(name).join(',') || undefined)
    warnOnce(client)
    return client.address
  }
}

/** `127.0.0.1:5000` and `[::1]:5000` without the port. */
const addressOf = (peer: string) => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** What the client is told; a fault of ours is logged and says nothing. */
export function failureOf(runtime: Runtime, caught: unknown): GrpcFailure {
  const error = toAppError(caught)
  if (error.kind === 'internal') runtime.log.error({ err: error.cause ?? error }, 'an export call failed')
  return toGrpcFailure(error)
}
