/**
 * Which failures are counted together. Directories find one person under many spellings of a name: capitals, accents and
 * widths of letters may not count, and a filter may look at several attributes. So failures are counted for the name, by
 * its plainest spelling, and for the person whom it led to.
 */
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { isAppError } from '#server/errors'
import { canonicalDn } from '#server/ldap/dn'
import { clearName, countAttempt, takeBack } from '#server/limits/lockout'

/** Apart from addresses, so that whoever signs in here lifts no lock of an account with a password. */
export function lockName(username: string): string {
  const plain = username.normalize('NFKD').replace(/[\p{M}\p{Cf}\p{Z}]+/gu, '')
  return `ldap ${plain.toUpperCase().toLowerCase()}`
}

/** The lock of the person that one attempt is at. */
export class PersonLock {
  readonly #ctx: Ctx
  #name: string | null = null
  #admitted = false

  constructor(ctx: Ctx) {
    this.#ctx = ctx
  }

  /** Counts the attempt as failed, once for all hosts. False while the person is locked: their password must not be tried. */
  async admit(dn: string): Promise<boolean> {
    if (this.#name !== null) return this.#admitted
    this.#name = `ldap-person ${canonicalDn(dn) ?? dn}`
    try {
      await countAttempt(this.#ctx, this.#name)
      this.#admitted = true
    } catch (error) {
      // No answer of its own: it would say that two spellings mean one person, who is there.
      if (!isAppError(error) || error.kind !== 'rate_limited') throw error
    }
    return this.#admitted
  }

  /** Takes back what was counted: nobody was guessing. */
  async takeBack(): Promise<void> {
    if (this.#admitted && this.#name !== null) await takeBack(this.#ctx, this.#name)
  }

  /** Forgets earlier failures: the password was right. */
  async clear(tx: Queries): Promise<void> {
    if (this.#name !== null) await clearName(tx, this.#ctx, this.#name)
  }
}
