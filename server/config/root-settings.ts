/** Under which address people reach the server: PHOENIX_HOST_ROOT_PATH and PHOENIX_ROOT_URL. */
import type { Config } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'
import { TOP_LEVEL_PATHS } from '#server/top-level-paths'

const MAX_LENGTH = 200

/** The prefix without a trailing slash and the public address that includes it. */
export function readRoot(reader: Reader): Pick<Config['server'], 'rootPath' | 'rootUrl'> {
  const rootPath = readRootPath(reader)
  const rootUrl = readRootUrl(reader)
  return { rootPath, rootUrl: rootUrl === null ? null : joinRoot(reader, rootUrl, rootPath) }
}

function readRootPath(reader: Reader): string {
  const name = 'PHOENIX_HOST_ROOT_PATH'
  const written = reader.text(name)
  if (written === null) return ''
  const fault = rootPathFault(written)
  if (fault === null) return written
  reader.problem(`${name}: ${quoted(name, written)} ${fault}`)
  return ''
}

function rootPathFault(path: string): string | null {
  if (path === '/') return 'is no prefix. Remove it: without it the server is at the root of its host.'
  if (!path.startsWith('/')) return 'does not begin with a slash. Write a path such as /bennu.'
  if (path.endsWith('/')) return 'ends with a slash. Leave that one out.'
  const parts = path.slice(1).split('/')
  const isPlain = (part: string) => /^[A-Za-z0-9._~-]+$/.test(part) && !/^\.{1,2}$/.test(part)
  if (!parts.every(isPlain) || path.length > MAX_LENGTH) {
    return 'is no path of letters, digits and . _ ~ - between single slashes. Write one such as /tools/bennu.'
  }
  // Behind a proxy that removes the prefix, `/auth/login` must not look like `/login` below a prefix `/auth`.
  if (TOP_LEVEL_PATHS.has(parts[0] ?? ''))
    return 'begins like a path of the server itself. Choose another prefix.'
  return null
}

function readRootUrl(reader: Reader): string | null {
  const name = 'PHOENIX_ROOT_URL'
  const written = reader.text(name)
  if (written === null) return null
  // The URL class repairs `https:host` and `https:////host`; the raw text has to be right already.
  if (!/^https?:\/\/[^/?#\s]+/i.test(written) || !URL.canParse(written)) {
    reader.problem(
      `${name}: the value is not a URL. Write scheme and host, such as https://traces.example.com.`,
    )
    return null
  }
  const url = new URL(written)
  if (url.search || url.hash || url.username || url.password || /[?#]/.test(written)) {
    reader.problem(
      `${name}: the URL holds a query, a fragment or credentials. Write scheme, host and path alone.`,
    )
    return null
  }
  return url.href.replace(/\/+$/, '')
}

/** A public address without the prefix gets it; any other path in it leads browsers elsewhere than our links. */
function joinRoot(reader: Reader, rootUrl: string, rootPath: string): string {
  const path = new URL(rootUrl).pathname.replace(/\/+$/, '')
  if (path === rootPath) return rootUrl
  if (path !== '') {
    reader.warn(
      `PHOENIX_ROOT_URL: its path is ${path}, but links in pages begin with ${rootPath || '/'}. ` +
        'Set PHOENIX_HOST_ROOT_PATH to the path of PHOENIX_ROOT_URL.',
    )
  }
  return path.endsWith(rootPath) ? rootUrl : `${rootUrl}${rootPath}`
}
