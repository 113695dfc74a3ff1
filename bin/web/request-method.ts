/** Which methods get past the listener. */
import type { ServerResponse } from 'node:http'
import { answerText } from './machine-answers'

const READING = ['GET', 'HEAD']
/** What a route can be written for. Next answers TRACE and its like with a 500. */
const ROUTED = [...READING, 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const ANSWERED_HERE = new Set(['/healthz', '/readyz', '/arize_phoenix_version'])

/** The methods that a path may be asked with; which of them a route has, it says itself. */
export function methodsOf(path: string): string[] {
  return ANSWERED_HERE.has(path) ? READING : ROUTED
}

/** 405, naming the methods that would do (RFC 9110 15.5.6). */
export function refuseMethod(response: ServerResponse, methods: string[]): void {
  const allowed = methods.join(', ')
  response.setHeader('allow', allowed)
  response.setHeader('x-error-code', 'method_not_allowed')
  answerText(response, 405, `Method not allowed here; try ${allowed}`)
}
