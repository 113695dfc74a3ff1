/** Paths as they may stand in a log: a client may have put a key or a password into one. */
import { decodeGlobalId } from '#server/global-id'

const MASK = '[masked]'
/** Shorter parts are words, names and numbers; no secret worth the name is shorter. */
const LONGEST_SHOWN = 23

/** The path with every part masked that is long enough for a secret and is neither a GlobalID nor the id of a trace. */
export function loggablePath(path: string): string {
  const parts = path.split('/')
  return parts.map((part, index) => (isHarmless(part, parts[index - 1]) ? part : MASK)).join('/')
}

function isHarmless(part: string, before: string | undefined): boolean {
  if (part.length <= LONGEST_SHOWN) return true
  if (before === 'traces' && /^[0-9a-f]{32}$/i.test(part)) return true
  return part.length <= 64 && decodeGlobalId(part.replaceAll('%3D', '=')) !== null
}
