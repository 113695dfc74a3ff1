import { expect, it } from 'vitest'
import { cleanHeaders } from '#server/listener/request-headers'

const facts = {
  requestId: 'r-1',
  path: '/projects?x=1',
  peer: '203.0.113.7',
  trusted: false,
  encrypted: false,
}

it('replaces what a client claims about itself', () => {
  const headers = {
    'x-bennu-peer': '127.0.0.1',
    'x-bennu-anything': 'x',
    'x-request-id': 'mine',
    accept: 'a/b',
  }
  cleanHeaders(headers, facts)
  expect(headers).toEqual({
    accept: 'a/b',
    'x-bennu-path': '/projects?x=1',
    'x-bennu-peer': '203.0.113.7',
    'x-request-id': 'r-1',
  })
})

it('removes forwarded headers of a stranger', () => {
  const headers = {
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-port': '1',
    'x-forwarded-proto': 'https',
    'x-real-ip': '1.2.3.4',
  }
  cleanHeaders(headers, facts)
  expect(Object.keys(headers).sort()).toEqual(['x-bennu-path', 'x-bennu-peer', 'x-request-id'])
})

it('keeps forwarded headers of a trusted proxy', () => {
  const headers = { 'x-forwarded-proto': 'https' }
  cleanHeaders(headers, { ...facts, trusted: true })
  expect(headers).toMatchObject({ 'x-forwarded-proto': 'https' })
})

it('leaves the peer out when it is not known', () => {
  const headers = { 'x-bennu-peer': '127.0.0.1' }
  cleanHeaders(headers, { ...facts, peer: null })
  expect(headers).toEqual({ 'x-bennu-path': '/projects?x=1', 'x-request-id': 'r-1' })
})

it('says https of an encrypted connection, unless a trusted proxy says otherwise', () => {
  const own = { 'x-forwarded-proto': 'http' }
  cleanHeaders(own, { ...facts, encrypted: true })
  expect(own['x-forwarded-proto']).toBe('https')
  const proxied = { 'x-forwarded-proto': 'http' }
  cleanHeaders(proxied, { ...facts, encrypted: true, trusted: true })
  expect(proxied['x-forwarded-proto']).toBe('http')
})
