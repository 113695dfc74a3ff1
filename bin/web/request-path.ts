/**
 * The one spelling of a request's path: no scheme and host, one leading slash, `/api/v1` as `/v1`.
 * A path that begins with two slashes would read as another host once it came back in a redirect.
 */
export function normalizePath(url: string): string {
  const path = url.startsWith('/') ? url : withoutOrigin(url)
  const single = path.replace(/^[/\\]+/, '/')
  return single.replace(/^\/api\/v1(?=[/?]|$)/, '/v1')
}

/** `GET http://host/path` is legal (RFC 9112 3.2.2); `OPTIONS *` has no path at all. */
function withoutOrigin(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url)
  const rest = match?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
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
