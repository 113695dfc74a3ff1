/** The request headers our handlers may believe: what only we set, and what a trusted proxy forwarded. */
import type { IncomingHttpHeaders } from 'node:http'

const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]

export interface RequestFacts {
  requestId: string
  /** The path with its query, as our handlers see it. */
  path: string
  /** The client's address, or null when unknown. */
  peer: string | null
  /** Whether the peer on the socket may speak for others. */
  trusted: boolean
  /** Whether the connection itself is encrypted. */
  encrypted: boolean
}

/** Deletes what a client must not decide (`x-bennu-*`, forwarded headers of strangers) and sets our own, in place. */
export function cleanHeaders(headers: IncomingHttpHeaders, facts: RequestFacts): void {
  for (const name of Object.keys(headers)) if (name.startsWith('x-bennu-')) delete headers[name]
  if (!facts.trusted) for (const name of FORWARDED) delete headers[name]
  if (facts.encrypted) headers['x-forwarded-proto'] ??= 'https'
  headers['x-request-id'] = facts.requestId
  headers['x-bennu-path'] = facts.path
  if (facts.peer !== null) headers['x-bennu-peer'] = facts.peer
}
