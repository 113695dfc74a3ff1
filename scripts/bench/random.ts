/** Numbers that look random and are the same in every run: xorshift32, seeded. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    // Zero would stay zero; the multiplication keeps neighbouring seeds apart.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
    for (let index = 0; index < 8; index++) this.next()
  }

  /** 32 random bits, unsigned. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 0
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    return this.next() % below
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** So many random bytes, never all zero, as hexadecimal digits. */
  hex(bytes: number): string {
    let text = ''
    while (text.length < bytes * 2) text += this.next().toString(16).padStart(8, '0')
    const cut = text.slice(0, bytes * 2)
    return /[1-9a-f]/.test(cut) ? cut : this.hex(bytes)
  }
}
