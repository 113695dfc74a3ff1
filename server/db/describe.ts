import type { DatabaseConfig } from '#server/config/model'

/** A database by name for people: its path, or its URL with the password masked. */
export function describeDatabase(config: DatabaseConfig): string {
  if (config.dialect === 'sqlite') return config.file
  const hosts = config.hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  const user = config.user ? `${encodeURIComponent(config.user)}${config.password ? ':***' : ''}@` : ''
  const schema = config.schema ? ` (schema ${config.schema})` : ''
  return `postgresql://${user}${hosts.join(',')}/${encodeURIComponent(config.database)}${schema}`
}
