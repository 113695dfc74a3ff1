import { withoutRoot } from '#server/root-path'

/**
 * The one spelling of a request's path: no scheme and host, no dot segments, one leading slash, no path prefix, `/api/v1`
 * as `/v1`. A path that begins with two slashes would read as another host once it came back in a redirect.
 * @param rootPath the prefix that is taken away where it is there
 */
export function normalizePath(url: string, rootPath: string): string {
  const path = oneSlash(withoutDots(url.startsWith('/') ? url : withoutOrigin(url)))
  const single = oneSlash(withoutRoot(rootPath, path))
  return single.replace(/^\/api\/v1(?=[/?]|$)/, '/v1')
}

const oneSlash = (path: string) => path.replace(/^[/\\]+/, '/')

/** `GET http://host/path` is legal (RFC 9112 3.2.2); `OPTIONS *` has no path at all. */
function withoutOrigin(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url)
  const rest = match?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Next resolves `/x/../auth` and backslashes (RFC 3986 5.2.4): the path that is judged must be the one it serves. */
function withoutDots(url: string): string {
  const [path = '', ...query] = url.split('?')
  if (!/[/\\](?:\.|%2e){1,2}(?:[/\\]|$)|.\\/i.test(path)) return url
  const resolved = new URL(path.replace(/^[/\\]+/, '/'), 'http://here.invalid').pathname
  return [resolved, ...query].join('?')
}

/** Whether every `%xx` of the path stands for a piece of UTF-8. Next answers those that do not with a 500. */
export function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '')
    return true
  } catch {
    return false
  }
}

/** Whether a path lies under `/auth`, where nothing is while authentication is off. */
export function isSignInPath(path: string): boolean {
  return /^\/auth(?:\/|$)/.test(path)
}
