/** Mail that nobody waits for. */

// On globalThis because Next gives each route its own copy of this module.
const PENDING = Symbol.for('bennu.mail.pending')
const holder = globalThis as unknown as Record<symbol, Set<Promise<void>> | undefined>

function pending(): Set<Promise<void>> {
  holder[PENDING] ??= new Set()
  return holder[PENDING]
}

interface Complaining {
  log: { error(facts: object, sentence: string): void }
}

/** Lets work go on after the answer was given. What fails is said in the log and nowhere else. */
export function inBackground({ log }: Complaining, work: Promise<unknown>): void {
  const done: Promise<void> = work
    .then(() => {})
    .catch((err) => log.error({ err }, 'work after an answer failed'))
    .finally(() => pending().delete(done))
  pending().add(done)
}

/**
 * Resolves once no such work is under way, or after `withinMs`: for the end of the process, and for tests.
 * @returns whether everything is done
 */
export async function untilBackgroundIsDone(withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs)
  })
  const done = (async () => {
    while (pending().size > 0) await Promise.all(pending())
    return true as const
  })()
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}
