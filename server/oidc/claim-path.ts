/** Where a claim is: a JMESPath, read once, and asked of the claims of every sign-in. */
import { compile, type JSONValue, search } from '@jmespath-community/jmespath'

/** Names with dots between them: the paths that most people write. */
const PLAIN_PATH = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/
/** Could be the name of one claim, such as `cognito:groups` or `https://example.com/roles`. */
const LIKE_A_NAME = /^[\w.:/-]+$/

/** A path as it is asked, with what an operator should know of it. */
export type ReadPath = { path: string; warning: string | null } | { fault: string }

/**
 * Reads a path as people write it. The name of one claim that JMESPath would want in quotes is taken for that name.
 * @param quoted whether it stood in double quotes: of the syntax, or left over from an env file
 */
export function readClaimPath(text: string, { quoted = false } = {}): ReadPath {
  const isName = LIKE_A_NAME.test(text) && !PLAIN_PATH.test(text)
  if (isName && text.includes('.') && !/[:/]/.test(text) && !quoted) return { fault: inParts(text) }
  if (isName) {
    const path = JSON.stringify(text)
    const warning = quoted ? null : `read as the name of one claim; in JMESPath that is written ${path}`
    return { path, warning }
  }
  // They make a text as long as they are told to.
  if (/\bpad_(left|right)\s*\(/.test(text))
    return { fault: 'pad_left and pad_right are not for claims. Leave them out.' }
  try {
    compile(text)
    return { path: text, warning: null }
  } catch {
    return { fault: 'not a JMESPath. Write one such as groups or realm_access.roles.' }
  }
}

function inParts(text: string): string {
  const parts = text.split('.').map((part) => (/^[A-Za-z_]\w*$/.test(part) ? part : JSON.stringify(part)))
  return `names with a dash need double quotes of their own. Write ${parts.join('.')}.`
}

/**
 * What stands there in these claims; null when nothing does. An expression that cannot be evaluated finds nothing.
 * @param tell is told that it could not be evaluated, without the claims
 */
export function findClaim(
  claims: Record<string, unknown>,
  path: string,
  tell: (why: string) => void = () => {},
): unknown {
  const read = readClaimPath(path)
  if ('fault' in read) return null
  try {
    return search(claims as JSONValue, read.path) ?? null
  } catch {
    tell(`the path ${path} could not be evaluated on the claims`)
    return null
  }
}
