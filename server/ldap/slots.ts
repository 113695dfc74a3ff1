/** The turn of those who sign in with a directory: few at a time, so that a flood of them leaves the directory alive. */
import type { Deadline } from '#server/ldap/deadline'

/** Sign-ins that wait for their turn in one process; a flood of more ends at the door. */
const MAX_WAITING = 1_000

/** Waiting took longer than a sign-in may, or too many wait. */
export class SlotsBusy extends Error {
  constructor() {
    super('No turn within the time for a sign-in, or too many wait')
    this.name = 'SlotsBusy'
  }
}

export class Slots {
  readonly #max: number
  #running = 0
  readonly #waiting = new Set<() => void>()

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Runs `work` when it is its turn: first come, first served.
   * @throws SlotsBusy when the deadline is over before that, or too many wait; whatever `work` throws
   */
  async run<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await this.#wait(deadline)
    else this.#running += 1
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      // Whoever waits takes over this place; `running` stays as it is.
      if (next) next()
      else this.#running -= 1
    }
  }

  async #wait(deadline: Deadline): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) throw new SlotsBusy()
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        this.#waiting.delete(begin)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(begin)
        reject(new SlotsBusy())
      }, deadline.remainingMs())
      this.#waiting.add(begin)
    })
  }
}

// On globalThis because Next gives each route its own copy of this module, and the process has one measure.
const SLOTS = Symbol.for('bennu.ldap.slots')
const holder = globalThis as unknown as Record<symbol, WeakMap<object, Slots> | undefined>

/** The slots of this process for these settings. */
export function slotsFor(ldap: { maxConcurrent: number }): Slots {
  holder[SLOTS] ??= new WeakMap()
  const slots = holder[SLOTS].get(ldap) ?? new Slots(ldap.maxConcurrent)
  holder[SLOTS].set(ldap, slots)
  return slots
}
