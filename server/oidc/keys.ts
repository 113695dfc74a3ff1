/** The public keys of providers: kept, fetched again for a key nobody knows, and never more often than is good for them. */
import type { JWK } from 'jose'
import { fetchObject, ProviderUnreachable } from '#server/oidc/fetch'

/** Keys that were taken back must not be good for ever. */
const FRESH_MS = 10 * 60_000
/** Unknown keys, and a provider that is away, make us ask no more often than this. */
const PAUSE_MS = 30_000
/** While there are no keys at all. */
const RETRY_MS = 2_000
const MAX_KEYS = 100

/** The keys of one provider. */
export class KeySet {
  readonly #address: string
  #keys: JWK[] | null = null
  #fetchedAt = Number.NEGATIVE_INFINITY
  /** When we last asked because of a key that is not there. */
  #searchedAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #pending: Promise<JWK[]> | null = null
  /** Why the last request failed; looked at while there are no keys. */
  #failure: ProviderUnreachable | null = null

  constructor(address: string) {
    this.#address = address
  }

  /**
   * The keys that fit. When none does, the provider is asked once more, at most every 30 seconds.
   * @throws ProviderUnreachable when there are no keys and none can be had
   */
  async find(now: Date, fits: (key: JWK) => boolean): Promise<JWK[]> {
    const found = (await this.#current(now.getTime())).filter(fits)
    return found.length > 0 ? found : this.search(now, fits)
  }

  /** The keys that fit after asking once more, if that may be: for a key that is missing, or that does not fit a signature. */
  async search(now: Date, fits: (key: JWK) => boolean): Promise<JWK[]> {
    const known = () => (this.#keys ?? []).filter(fits)
    // Whoever comes while somebody asks gets the same answer.
    if (!this.#pending && Math.abs(now.getTime() - this.#searchedAt) < PAUSE_MS) return known()
    if (!this.#pending) this.#searchedAt = now.getTime()
    try {
      return (await this.#fetch(now.getTime())).filter(fits)
    } catch {
      return known()
    }
  }

  async #current(now: number): Promise<JWK[]> {
    const keys = this.#keys
    if (keys === null) {
      if (this.#failure && Math.abs(now - this.#triedAt) < RETRY_MS && !this.#pending) throw this.#failure
      return this.#fetch(now)
    }
    // A clock that was set back is as good as one that went on.
    if (Math.abs(now - this.#fetchedAt) < FRESH_MS || Math.abs(now - this.#triedAt) < PAUSE_MS) return keys
    return this.#fetch(now).catch(() => keys)
  }

  async #fetch(now: number): Promise<JWK[]> {
    this.#pending ??= this.#load(now).finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  async #load(now: number): Promise<JWK[]> {
    this.#triedAt = now
    const { keys } = await this.#ask()
    const list = Array.isArray(keys) ? keys.filter((key) => typeof key?.kty === 'string') : []
    this.#keys = (list as JWK[]).slice(0, MAX_KEYS)
    this.#fetchedAt = now
    return this.#keys
  }

  async #ask(): Promise<Record<string, unknown>> {
    try {
      return await fetchObject(this.#address)
    } catch (error) {
      if (!(error instanceof ProviderUnreachable)) throw error
      this.#failure = new ProviderUnreachable(`the keys of the provider cannot be had: ${error.message}`, {
        cause: error,
      })
      throw this.#failure
    }
  }
}

// On globalThis because Next gives each route its own copy of this module.
const SETS = Symbol.for('bennu.oidc.keys')
const holder = globalThis as unknown as Record<symbol, Map<string, KeySet> | undefined>

/** The keys at an address, kept by this process. */
export function keySetOf(jwksUri: string): KeySet {
  holder[SETS] ??= new Map()
  const set = holder[SETS].get(jwksUri) ?? new KeySet(jwksUri)
  holder[SETS].set(jwksUri, set)
  return set
}
