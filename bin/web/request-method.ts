/** Which methods get past the listener. */
import { READING } from '#server/listener/machine-answers'

/** What a route can be written for. Next answers TRACE and its like with a 500. */
const ROUTED = [...READING, 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const ANSWERED_HERE = new Set(['/healthz', '/readyz', '/arize_phoenix_version'])

/** The methods that a path may be asked with; which of them a route has, it says itself. */
export function methodsOf(path: string): readonly string[] {
  return ANSWERED_HERE.has(path) ? READING : ROUTED
}
