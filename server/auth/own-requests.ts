/**
 * Requests that the server makes to its own pages, past the listener. A header shows a secret that no other process
 * knows and that ends with them; from requests that come in, the listener takes such headers away (see
 * listener/request-headers.ts). Pages and the middleware before them look at it, routes do not.
 */
import { randomBytes } from 'node:crypto'
import { sameSecret } from '#server/auth/tokens'

const HEADER = 'x-bennu-own'

export class OwnRequests {
  #secret: string | null = null

  /** The headers that such requests show, good until `end`. */
  begin(): Record<string, string> {
    this.#secret = randomBytes(32).toString('base64url')
    return { [HEADER]: this.#secret }
  }

  /** From now on there are none. */
  end(): void {
    this.#secret = null
  }

  /** Whether the request with these headers is the server's own. */
  includes(headers: Headers): boolean {
    const shown = headers.get(HEADER)
    return shown !== null && this.#secret !== null && sameSecret(shown, this.#secret)
  }
}
