/** The host part of a PostgreSQL address: one or several, IPv6 in brackets, or a socket folder. */
import { isIPv6 } from 'node:net'

export interface DatabaseHost {
  host: string
  port: number
}

/**
 * Parses `a`, `a:5433`, `[::1]:5433`, `a,b:5433` or `/var/run/postgresql`.
 * Returns a sentence without the value when it cannot be read.
 */
export function parseHosts(written: string, defaultPort: number): DatabaseHost[] | string {
  const hosts: DatabaseHost[] = []
  for (const item of written.split(',')) {
    const host = parseHost(item.trim(), defaultPort)
    if (typeof host === 'string') return host
    hosts.push(host)
  }
  return hosts
}

function parseHost(item: string, defaultPort: number): DatabaseHost | string {
  if (item.startsWith('/')) return { host: item, port: defaultPort }
  if (isIPv6(item)) return { host: item, port: defaultPort }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d*))?$/.exec(item)
  if (!match) return 'the host cannot be read. Write name, name:port or [IPv6 address]:port.'
  const [, inBrackets, name = '', portText = ''] = match
  if (inBrackets !== undefined && !isIPv6(inBrackets.replace(/%.*$/, ''))) {
    return 'the text in brackets is not an IPv6 address. Write it as [::1].'
  }
  const port = portText === '' ? defaultPort : Number(portText)
  if (portText !== '' && (port < 1 || port > 65535)) return 'the port is not a number from 1 to 65535.'
  const host = inBrackets ?? (name === '' ? 'localhost' : name)
  if (/[\s\p{Cc}/?#@\\]/u.test(host)) return 'the host holds a character that no host name has.'
  return { host, port }
}
