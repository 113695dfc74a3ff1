/** Under which key somebody is counted. What is stored is a keyed digest: a copy of the database names nobody. */
import { createHmac } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { Config } from '#server/config/model'

/**
 * What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 one, which is the least that a network
 * gives to one customer.
 */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`
}

/**
 * The digest of a key, hex, under the earliest secret there is: during a rotation servers with both secrets and servers
 * with the earlier one alone count together. The counts begin anew when that one goes; without a secret it hides little.
 */
export function digestOf({ auth }: Pick<Config, 'auth'>, kind: 'rate' | 'name', text: string): string {
  return createHmac('sha256', auth.previousSecrets.at(-1) ?? auth.secret ?? 'bennu')
    .update(JSON.stringify(['bennu.limits.1', kind, text]))
    .digest('hex')
}
