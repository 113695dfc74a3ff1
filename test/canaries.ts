/** Marked secrets, and the search for them in whatever a program lets out. */
import { randomBytes } from 'node:crypto'

/** Name of a secret → the secret. */
export type Canaries = Map<string, string>

/** What was let out somewhere. */
export interface Leavings {
  where: string
  text: string
}

/** A secret of more than 40 characters that nothing else holds; fit for PHOENIX_SECRET, and for a password. */
export const newCanary = (name: string): string => `canary0-${name}-${randomBytes(16).toString('hex')}`

/** The same with characters that URLs spell otherwise. */
export const newAwkwardCanary = (name: string): string => `${newCanary(name)}/+&=%?#`

/**
 * How a text may be spelled: as it is, in base64 at each of the three places where it can begin among other bytes, in
 * base64 for URLs, encoded for URLs, inside JSON, in hex.
 */
export function spellingsOf(text: string): { how: string; text: string }[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // Characters at both ends depend on the neighbours too.
    const first = Math.ceil((before * 8) / 6)
    return {
      how: `base64 after ${before}`,
      text: whole.slice(first, Math.floor(((before + bytes.length) * 8) / 6)),
    }
  })
  const all = [
    { how: 'raw', text },
    ...base64,
    ...base64.map((each) => ({
      how: `${each.how}, for URLs`,
      text: each.text.replaceAll('+', '-').replaceAll('/', '_'),
    })),
    { how: 'URL-encoded', text: encodeURIComponent(text) },
    { how: 'form-encoded', text: new URLSearchParams([['', text]]).toString().slice(1) },
    { how: 'in JSON', text: JSON.stringify(text).slice(1, -1) },
    { how: 'in hex', text: bytes.toString('hex') },
  ]
  const seen = new Set<string>()
  return all.filter((each) => !seen.has(each.text) && seen.add(each.text))
}

/** Every canary that is in what was let out: `admin secret, raw, in the log`. */
export function findCanaries(leavings: readonly Leavings[], canaries: Canaries): string[] {
  const found: string[] = []
  for (const [name, secret] of canaries) {
    for (const { how, text: spelling } of spellingsOf(secret)) {
      for (const { where, text } of leavings) {
        const at = text.indexOf(spelling)
        if (at < 0) continue
        const around = text.slice(Math.max(0, at - 160), at).replaceAll('\n', ' ')
        found.push(`${name}, ${how}, in ${where} after: ${around}`)
      }
    }
  }
  return found
}
