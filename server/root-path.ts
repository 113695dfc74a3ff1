/**
 * The path prefix under which the server is published (PHOENIX_HOST_ROOT_PATH). Inside the server no path holds it:
 * the listener takes it away, and `withRoot` puts it before whatever leaves as an address.
 */
import type { Config } from '#server/config/model'

/**
 * A path of ours as a browser must ask for it; what a `Location` header holds.
 * @param path begins with `/`, without the prefix
 */
export function withRoot({ server }: { server: Pick<Config['server'], 'rootPath'> }, path: string): string {
  return `${server.rootPath}${path}`
}

/** The path of a request without the prefix. A proxy that has removed it already is as welcome as one that has not. */
export function withoutRoot(rootPath: string, url: string): string {
  if (rootPath === '' || !url.startsWith(rootPath)) return url
  const rest = url.slice(rootPath.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url
}
