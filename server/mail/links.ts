/** Addresses in mails. */
import type { Config } from '#server/config/model'
import { withRoot } from '#server/root-path'

/**
 * The address of one of our pages as people reach it: below PHOENIX_ROOT_URL, else where the server listens. Never made
 * from a request: whoever asks for somebody else's reset link would decide where it leads.
 * @param path begins with `/`
 */
export function publicUrl({ server, tls }: Pick<Config, 'server' | 'tls'>, path: string): string {
  if (server.rootUrl !== null) return `${server.rootUrl}${path}`
  const scheme = tls?.http ? 'https' : 'http'
  return `${scheme}://${listeningHost(server.host)}:${server.port}${withRoot({ server }, path)}`
}

/** Where a reset link and an invitation lead. */
export function resetUrl(config: Pick<Config, 'server' | 'tls'>, token: string): string {
  return publicUrl(config, `/reset-password-with-token?token=${encodeURIComponent(token)}`)
}

function listeningHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
