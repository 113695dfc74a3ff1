/** What the log says of proxies in front of us whose headers are not believed. */
import type { Logger } from 'pino'
import type { ClientAddress } from '#server/client-address'

/** Says once what an operator should set, of each kind. */
export function createProxyWarnings({ log }: { log: Logger }): (client: ClientAddress) => void {
  const said = new Set<string>()
  const once = (kind: string, peer: string, sentence: string) => {
    if (said.has(kind)) return
    said.add(kind)
    log.warn({ peer }, sentence)
  }
  return ({ address, ignoredPrivateProxy, contradiction }) => {
    if (address === null) return
    const ignored = `forwarded headers from ${address} are ignored: if it is your proxy, add it to FORWARDED_ALLOW_IPS`
    if (ignoredPrivateProxy) once('ignored', address, ignored)
    const unclear =
      `X-Forwarded-For and X-Real-IP of the proxy ${address} name different clients, so its own address is recorded: ` +
      'have it set both, or remove the one that it does not set'
    if (contradiction) once('contradiction', address, unclear)
  }
}
