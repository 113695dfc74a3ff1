import { describe, expect, it } from 'vitest'
import { createClientAddressResolver } from './client-address'

const LOOPBACK = ['127.0.0.1', '::1']

function resolve(allow: readonly string[], peer: string | undefined, headers: Record<string, string> = {}) {
  return createClientAddressResolver(allow)(peer, (name) => headers[name])
}

describe('the client address', () => {
  it('is the peer when nothing was forwarded', () => {
    expect(resolve(LOOPBACK, '203.0.113.7').address).toBe('203.0.113.7')
  })

  it('writes IPv4 inside IPv6 as IPv4', () => {
    expect(resolve(LOOPBACK, '::ffff:203.0.113.7').address).toBe('203.0.113.7')
  })

  it('ignores forwarded headers of a peer nobody named', () => {
    const client = resolve(LOOPBACK, '203.0.113.7', {
      'x-forwarded-for': '198.51.100.1',
      'x-real-ip': '198.51.100.2',
    })
    expect(client).toEqual({ address: '203.0.113.7', trusted: false, ignoredPrivateProxy: false })
  })

  it('tells of a private peer whose forwarded header was ignored', () => {
    const client = resolve(LOOPBACK, '10.1.2.3', { 'x-forwarded-for': '198.51.100.1' })
    expect(client).toEqual({ address: '10.1.2.3', trusted: false, ignoredPrivateProxy: true })
  })

  it('takes the last forwarded address from a trusted peer', () => {
    const client = resolve(LOOPBACK, '127.0.0.1', { 'x-forwarded-for': '198.51.100.66, 203.0.113.7' })
    expect(client).toEqual({ address: '203.0.113.7', trusted: true, ignoredPrivateProxy: false })
  })

  it('reads past further trusted proxies, from right to left', () => {
    const allow = ['127.0.0.1', '10.0.0.0/8']
    const client = resolve(allow, '127.0.0.1', { 'x-forwarded-for': '198.51.100.66, 203.0.113.7, 10.9.9.9' })
    expect(client.address).toBe('203.0.113.7')
  })

  it('takes the leftmost when every address is trusted', () => {
    const client = resolve(['10.0.0.0/8'], '10.0.0.1', { 'x-forwarded-for': '10.0.0.9, 10.0.0.8' })
    expect(client.address).toBe('10.0.0.9')
  })

  it('stops at an address that is none', () => {
    const client = resolve(['127.0.0.1', '10.0.0.0/8'], '127.0.0.1', {
      'x-forwarded-for': '203.0.113.7, junk, 10.0.0.8',
    })
    expect(client.address).toBe('10.0.0.8')
  })

  it('accepts ports and brackets in forwarded addresses', () => {
    expect(resolve(LOOPBACK, '::1', { 'x-forwarded-for': '203.0.113.7:4711' }).address).toBe('203.0.113.7')
    expect(resolve(LOOPBACK, '::1', { 'x-forwarded-for': '[2001:db8::5]:4711' }).address).toBe('2001:db8::5')
  })

  it('uses X-Real-IP only without X-Forwarded-For', () => {
    expect(resolve(LOOPBACK, '127.0.0.1', { 'x-real-ip': '203.0.113.7' }).address).toBe('203.0.113.7')
  })

  it('is the one that both headers name, whatever was seen before', () => {
    const both = { 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '198.51.100.1, 203.0.113.7' }
    expect(resolve(LOOPBACK, '127.0.0.1', both).address).toBe('203.0.113.7')
  })

  it('keeps the peer when a trusted proxy forwards nonsense', () => {
    expect(resolve(LOOPBACK, '127.0.0.1', { 'x-forwarded-for': 'unknown' }).address).toBe('127.0.0.1')
  })

  it('trusts CIDR ranges of both families and nothing beside them', () => {
    expect(resolve(['192.168.4.0/22'], '192.168.7.255').trusted).toBe(true)
    expect(resolve(['192.168.4.0/22'], '192.168.8.0').trusted).toBe(false)
    expect(resolve(['fd00::/8'], 'fd12::1').trusted).toBe(true)
    expect(resolve(['0.0.0.0/0'], 'fd12::1').trusted).toBe(false)
  })

  it('trusts everybody with a star', () => {
    const client = resolve(['*'], '203.0.113.7', { 'x-forwarded-for': '198.51.100.1, 198.51.100.2' })
    expect(client).toEqual({ address: '198.51.100.1', trusted: true, ignoredPrivateProxy: false })
  })

  it('trusts nobody for entries that are no addresses', () => {
    expect(resolve(['proxy.internal', '10.0.0.0/64', '10.0.0.0/x'], '10.0.0.1').trusted).toBe(false)
  })

  it('is null when the socket is gone', () => {
    expect(resolve(LOOPBACK, undefined).address).toBeNull()
  })
})

describe('a trusted proxy that sets one header and passes on the other', () => {
  const FORGED = '198.51.100.66'
  const asker = (allow = LOOPBACK) => {
    const resolver = createClientAddressResolver(allow)
    return (headers: Record<string, string>, peer = '127.0.0.1') => resolver(peer, (name) => headers[name])
  }

  it('is not known at the first request: its own address is recorded, and that is told', () => {
    const client = asker()({ 'x-real-ip': '203.0.113.7', 'x-forwarded-for': FORGED })
    expect([client.address, client.contradiction]).toEqual(['127.0.0.1', true])
  })

  it('is believed about X-Real-IP once it was seen to send that alone', () => {
    const ask = asker()
    expect(ask({ 'x-real-ip': '203.0.113.7' }).address).toBe('203.0.113.7')
    const lie = ask({ 'x-real-ip': '203.0.113.8', 'x-forwarded-for': FORGED })
    expect([lie.address, lie.contradiction]).toEqual(['203.0.113.8', undefined])
  })

  it('is believed about X-Forwarded-For once it was seen to send that alone, and for good', () => {
    const ask = asker()
    expect(ask({ 'x-real-ip': '203.0.113.1' }).address).toBe('203.0.113.1')
    expect(ask({ 'x-forwarded-for': '203.0.113.7' }).address).toBe('203.0.113.7')
    expect(ask({ 'x-real-ip': FORGED }).address).toBe(FORGED)
    expect(ask({ 'x-real-ip': FORGED, 'x-forwarded-for': '203.0.113.8' }).address).toBe('203.0.113.8')
  })

  it('teaches nothing about another proxy', () => {
    const ask = asker(['10.0.0.0/8'])
    ask({ 'x-real-ip': '203.0.113.7' }, '10.0.0.1')
    const other = ask({ 'x-real-ip': '203.0.113.7', 'x-forwarded-for': FORGED }, '10.0.0.2')
    expect(other.address).toBe('10.0.0.2')
  })

  it('teaches nothing with headers that hold no address, or none at all', () => {
    const ask = asker()
    ask({})
    ask({ 'x-forwarded-for': 'unknown' })
    ask({ 'x-real-ip': '' })
    expect(ask({ 'x-real-ip': '203.0.113.7', 'x-forwarded-for': FORGED }).address).toBe('127.0.0.1')
  })

  it('means X-Forwarded-For where everybody is trusted', () => {
    const ask = asker(['*'])
    ask({ 'x-real-ip': '203.0.113.7' })
    expect(ask({ 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.8' }).address).toBe('203.0.113.8')
  })
})
