/** Entries of a directory as the library gives them: one value or several, texts where they are UTF-8. */
import type { Entry } from 'ldapts'

export type { Entry } from 'ldapts'

/** The values of an attribute as bytes, whatever the case of its name. */
export function bytesOf(entry: Entry, name: string): Buffer[] {
  const wanted = name.toLowerCase()
  const key = Object.keys(entry).find((one) => one !== 'dn' && one.toLowerCase() === wanted)
  const value = key === undefined ? [] : (entry[key] ?? [])
  const values: (string | Buffer)[] = Array.isArray(value) ? value : [value]
  return values.map((one) => (typeof one === 'string' ? Buffer.from(one, 'utf8') : one))
}

/** The values of an attribute as texts that are not blank, trimmed; without those that are no UTF-8. */
export function textsOf(entry: Entry, name: string): string[] {
  return bytesOf(entry, name).flatMap((bytes) => {
    const text = bytes.toString('utf8')
    return Buffer.from(text, 'utf8').equals(bytes) && text.trim() !== '' ? [text.trim()] : []
  })
}
