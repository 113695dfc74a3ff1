/** Taking a port that a dying predecessor may still hold. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Children of a killed supervisor are gone within two seconds; a little more than that is waited for. */
const PATIENCE_MS = 4_000
const PAUSE_MS = 100

/** Whether an attempt to listen failed because somebody else listens there. */
function isAddressInUse(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' || error.message.includes('EADDRINUSE')
}

/** Where a process wanted to listen, and what the operator can change about it. */
export interface ListenTarget {
  host: string
  port: number
  /** The variable and the flag that choose the port: `PHOENIX_PORT or --port`. */
  setting: string
}

/**
 * Calls `listen` until it works, for about four seconds while the address is in use.
 * @throws StartError with a sentence that names the port and how to choose another
 */
export async function listenPatiently<T>(target: ListenTarget, listen: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await listen()
    } catch (error) {
      if (!isAddressInUse(error)) throw new StartError(cannotListen(target, error), { cause: error })
      if (Date.now() >= deadline) {
        throw new StartError(
          `port ${target.port} on ${target.host} is already in use: stop what listens there, or choose another port with ${target.setting}`,
          { cause: error },
        )
      }
      await sleep(PAUSE_MS)
    }
  }
}

function cannotListen(target: ListenTarget, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return `cannot listen on ${target.host}:${target.port} (${reason}): check PHOENIX_HOST and ${target.setting}`
}

/** Whether `listenPatiently` gave up because somebody else listens there. */
export function isTaken(error: unknown): boolean {
  return error instanceof StartError && isAddressInUse(error.cause)
}

/** A reason not to start, in a sentence for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
