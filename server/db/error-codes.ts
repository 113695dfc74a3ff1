/** Where drivers hide their error codes. */

/** The codes of an error and of everything that caused it, outermost first. */
export function errorCodes(error: unknown): string[] {
  const codes: string[] = []
  const seen = new Set<unknown>()
  const queue = [error]
  while (queue.length > 0) {
    const current = queue.shift()
    if (typeof current !== 'object' || current === null || seen.has(current)) continue
    seen.add(current)
    if ('code' in current && typeof current.code === 'string') codes.push(current.code)
    if ('cause' in current) queue.push(current.cause)
    // Node reports a name with several addresses as one error around the attempts.
    if (current instanceof AggregateError) queue.push(...current.errors)
  }
  return codes
}

/** The messages of an error and of everything that caused it, outermost first. */
export function errorMessages(error: unknown): string[] {
  const messages: string[] = []
  for (let current = error; current instanceof Error && messages.length < 10; current = current.cause) {
    messages.push(current.message)
  }
  return messages
}
