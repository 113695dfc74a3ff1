/** Pictures made of letters. Pure. */

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** One or two letters that stand for a name: of the first and the last word, or `?` when it has none. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '')
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words
  const firsts = chosen.map((word) => [...letters.segment(word ?? '')][0]?.segment ?? '')
  return firsts.join('').toUpperCase() || '?'
}

/** Which of `count` tints a name has: the same one every time. */
export function tintOf(name: string, count: number): number {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return sum % count
}
