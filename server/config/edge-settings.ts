/** Which pages of other sites may send what: cross-site requests and cross-origin answers. */
import type { Config } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'

const CSRF = 'PHOENIX_CSRF_TRUSTED_ORIGINS'
const CORS = 'PHOENIX_ALLOWED_ORIGINS'

/** The two lists of other sites. */
export function readEdge(reader: Reader, authEnabled: boolean): Config['edge'] {
  const edge = { trustedHosts: readTrustedHosts(reader), allowedOrigins: readAllowedOrigins(reader) }
  if (edge.allowedOrigins.includes('*') && !authEnabled) {
    reader.warn(
      `${CORS}: * while authentication is off lets every web page that anybody here visits read and change ` +
        'everything. Name the origins instead.',
    )
  }
  return edge
}

/** Host names in small letters; null when the variable is not set, which leaves the stricter check off. */
function readTrustedHosts(reader: Reader): string[] | null {
  const items = reader.list(CSRF)
  if (items.length === 0) return null
  return [...new Set(items.flatMap((item) => hostOf(reader, item) ?? []))]
}

function hostOf(reader: Reader, item: string): string | null {
  const address = item.includes('://') ? item : `http://${item}`
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@*]+\/?$/i.test(address) && URL.canParse(address)
  const host = isAddress ? new URL(address).hostname : ''
  if (host !== '') return host
  reader.problem(
    `${CSRF}: ${quoted(CSRF, item)} names no host. ` +
      'Write origins such as https://traces.example.com, or host names, separated by commas.',
  )
  return null
}

/** Origins as a browser writes them, or `*`. */
function readAllowedOrigins(reader: Reader): string[] {
  const items = reader.list(CORS)
  if (items.length > 1 && items.includes('*')) {
    reader.problem(`${CORS}: * stands beside other origins. Write * alone, or only the others.`)
  }
  return [...new Set(items.flatMap((item) => originOf(reader, item) ?? []))]
}

function originOf(reader: Reader, item: string): string | null {
  if (item === '*') return item
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@*]+\/?$/i.test(item) && URL.canParse(item)) {
    const { origin } = new URL(item)
    // Browsers' own schemes, such as those of extensions, have no origin to the URL class.
    return origin === 'null' ? item.replace(/\/$/, '') : origin
  }
  reader.problem(
    `${CORS}: ${quoted(CORS, item)} is not an origin. ` +
      'Write scheme, host and port, such as https://tools.example.com, separated by commas, or * alone.',
  )
  return null
}
