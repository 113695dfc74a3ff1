/** Passwords made up in the browser, for an account that somebody else will use first. */

// Without 0/O, 1/l/I: it may be read off a screen. Each group brings what the strong rules ask for.
const GROUPS = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '_+!@'] as const
const LENGTH = 20

/** About 115 random bits that satisfy every rule of the server. */
export function generatePassword(): string {
  const all = GROUPS.join('')
  const letters = [...GROUPS.map(pick), ...Array.from({ length: LENGTH - GROUPS.length }, () => pick(all))]
  for (let last = letters.length - 1; last > 0; last--) {
    const other = below(last + 1)
    const kept = letters[last] as string
    letters[last] = letters[other] as string
    letters[other] = kept
  }
  return letters.join('')
}

const pick = (letters: string) => letters.charAt(below(letters.length))

/** A random whole number from 0 to `limit` - 1, none likelier than another. */
function below(limit: number): number {
  const [number] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number]
  const fair = Math.floor(2 ** 32 / limit) * limit
  return number < fair ? number % limit : below(limit)
}
