/** Addresses in mails. */
import type { Config } from '#server/config/model'

/**
 * The address of one of our pages as people reach it: below PHOENIX_ROOT_URL, else where the server listens. Never made
 * from a request: whoever asks for somebody else's reset link would decide where it leads.
 * @param path begins with `/`
 */
export function publicUrl({ server }: Pick<Config, 'server'>, path: string): string {
  const { rootUrl, rootPath } = server
  const base = rootUrl ?? `http://${listeningHost(server.host)}:${server.port}`
  return `${base.endsWith(rootPath) ? base : `${base}${rootPath}`}${path}`
}

/** Where a reset link and an invitation lead. */
export function resetUrl(config: Pick<Config, 'server'>, token: string): string {
  return publicUrl(config, `/reset-password-with-token?token=${encodeURIComponent(token)}`)
}

function listeningHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
