/** What a secret may be called and hold. No imports, so that pages carry no schema library for it. */

/** The longest name. */
const MAX_KEY_LENGTH = 255

/** What is wrong with a name, as a sentence; null when nothing is. Blanks around it do not count. */
export function keyFault(text: string): string | null {
  const key = text.trim()
  if (key === '') return 'The name must not be empty'
  if (key.length > MAX_KEY_LENGTH) return `At most ${MAX_KEY_LENGTH} characters`
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
    return 'Use letters, digits and underscores, and begin with a letter or an underscore'
  return null
}

/** As `keyFault`, for a value. */
export function valueFault(text: string): string | null {
  return text.trim() === '' ? 'The value must not be empty' : null
}
