/** The public keys of providers: kept, fetched again for a key nobody knows, and never more often than is good for them. */
import type { JWK } from 'jose'
import { fetchObject } from '#server/oidc/fetch'

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

  constructor(address: string) {
    this.#address = address
  }

  /**
   * The keys that fit. When none does, the provider is asked once more, at most every 30 seconds.
   * @throws ProviderUnreachable when there are no keys and none can be had
   */
  async find(now: Date, fits: (key: JWK) => boolean): Promise<JWK[]> {
    const found = (await this.#current(now.getTime())).filter(fits)
    if (found.length > 0 || !this.#maySearch(now.getTime())) return found
    this.#searchedAt = now.getTime()
    try {
      return (await this.#fetch(now.getTime())).filter(fits)
    } catch {
      return []
    }
  }

  /** A clock that was set back is as good as one that went on. */
  #maySearch(now: number): boolean {
    return Math.abs(now - this.#searchedAt) >= PAUSE_MS
  }

  async #current(now: number): Promise<JWK[]> {
    const keys = this.#keys
    if (keys === null) {
      if (Math.abs(now - this.#triedAt) < RETRY_MS && !this.#pending) return []
      return this.#fetch(now)
    }
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
    const { keys } = await fetchObject(this.#address)
    const list = Array.isArray(keys) ? keys.filter((key) => typeof key?.kty === 'string') : []
    this.#keys = (list as JWK[]).slice(0, MAX_KEYS)
    this.#fetchedAt = now
    return this.#keys
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
