/**
 * Whose request it is, as far as a proxy can be believed. Forwarded headers count only when the peer on the socket is
 * one that FORWARDED_ALLOW_IPS names.
 */
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

export interface ClientAddress {
  /** The client's address in its shortest form, or null when the socket is already gone. */
  address: string | null
  /** Whether the peer on the socket may speak for others; then its other forwarded headers may be used too. */
  trusted: boolean
  /** True when a peer in a private network sent forwarded headers that were not believed: likely a forgotten setting. */
  ignoredPrivateProxy: boolean
  /** Set when the headers of a trusted proxy say different things and neither could be believed. */
  contradiction?: boolean
}

export type ResolveClientAddress = (
  peer: string | undefined,
  header: (name: string) => string | undefined,
) => ClientAddress

/**
 * Makes the resolver for one list of trusted peers: addresses, CIDR ranges or `*`. X-Forwarded-For is read from right to
 * left, past trusted proxies, up to the first address nobody vouches for; X-Real-IP is used when there is none.
 *
 * A proxy that sets only one of the two passes on what its client wrote into the other. Which one it sets is learned from
 * requests that have one alone. Until then a request in which both say different things has the proxy's own address: that
 * one nobody can choose.
 */
export function createClientAddressResolver(allow: readonly string[]): ResolveClientAddress {
  const isTrusted = createTrust(allow)
  const judge = allow.includes('*') ? believeEverybody : createJudge()
  return (peer, header) => {
    const socket = parse(peer)
    if (!socket) return { address: null, trusted: false, ignoredPrivateProxy: false }
    const chain = header('x-forwarded-for')
    const real = header('x-real-ip')
    if (!isTrusted(socket)) {
      const ignoredPrivateProxy = (chain ?? real) !== undefined && PRIVATE.has(socket.range())
      return { address: socket.toString(), trusted: false, ignoredPrivateProxy }
    }
    const said = {
      chain: chain === undefined ? null : lastUntrusted(chain, isTrusted),
      real: parse(real),
    }
    const believed = judge(socket.toString(), said)
    const client = believed === 'neither' ? null : said[believed]
    const facts = { address: (client ?? socket).toString(), trusted: true, ignoredPrivateProxy: false }
    return believed === 'neither' ? { ...facts, contradiction: true } : facts
  }
}

interface Said {
  chain: Address | null
  real: Address | null
}

type Judge = (proxy: string, said: Said) => 'chain' | 'real' | 'neither'

/** With `*` every client may write the headers itself. */
const believeEverybody: Judge = (_proxy, { chain }) => (chain ? 'chain' : 'real')

/** Remembers of each proxy which header it sets, and answers which one of a request to believe. */
function createJudge(): Judge {
  const sets = new Map<string, 'chain' | 'real'>()
  const learn = (proxy: string, header: 'chain' | 'real') => {
    if (sets.has(proxy) || sets.size < MOST_PROXIES) sets.set(proxy, header)
  }
  return (proxy, { chain, real }) => {
    // What adds to X-Forwarded-For does so always: that is never unlearned. A single local request could do the reverse.
    if (chain && !real) learn(proxy, 'chain')
    if (real && !chain && !sets.has(proxy)) learn(proxy, 'real')
    if (!real) return 'chain'
    if (!chain) return 'real'
    return chain.toString() === real.toString() ? 'chain' : (sets.get(proxy) ?? 'neither')
  }
}

/** More proxies than anybody has; a wide FORWARDED_ALLOW_IPS must not fill the memory. */
const MOST_PROXIES = 1_000

const PRIVATE = new Set(['private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat', 'loopback'])

/** Right to left: the first address that is not a trusted proxy, or the leftmost good one. */
function lastUntrusted(chain: string, isTrusted: (address: Address) => boolean): Address | null {
  let last: Address | null = null
  for (const part of chain.split(',').reverse()) {
    const address = parse(part.trim())
    if (!address) return last
    last = address
    if (!isTrusted(address)) return last
  }
  return last
}

function createTrust(allow: readonly string[]): (address: Address) => boolean {
  if (allow.includes('*')) return () => true
  const ranges = allow.flatMap((entry) => parseRange(entry) ?? [])
  return (address) =>
    ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
}

function parseRange(entry: string): [Address, number][] | null {
  const [text, bits] = entry.split('/')
  const base = parse(text)
  if (!base) return null
  const width = base.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? width : Number(bits)
  return Number.isInteger(length) && length >= 0 && length <= width ? [[base, length]] : null
}

/** An address, also with a port or in brackets; IPv4 inside IPv6 counts as IPv4. */
function parse(text: string | undefined): Address | null {
  if (text === undefined) return null
  const bare = text.replace(/^\[([^\]]+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null
  return ipaddr.process(bare)
}
