import { expect, test } from 'vitest'
import { findCanaries, newAwkwardCanary, newCanary, spellingsOf } from './canaries'

const secret = newAwkwardCanary('planted')
const canaries = new Map([['planted', secret]])
const find = (text: string) => findCanaries([{ where: 'here', text }], canaries)

test.each([
  ['as it is', (text: string) => `password=${text}`],
  ['in base64 of its own', (text: string) => Buffer.from(text).toString('base64')],
  ['in base64 after one byte', (text: string) => Buffer.from(`:${text}:`).toString('base64')],
  ['in base64 after two bytes', (text: string) => Buffer.from(`ab${text}c`).toString('base64')],
  ['in base64 after a user name', (text: string) => Buffer.from(`ada:${text}`).toString('base64')],
  ['in base64 for URLs', (text: string) => Buffer.from(`{"t":"${text}"}`).toString('base64url')],
  ['in a URL', (text: string) => `/?q=${encodeURIComponent(text)}&x`],
  ['in a form', (text: string) => new URLSearchParams({ q: text }).toString()],
  ['in JSON', (text: string) => JSON.stringify({ message: `a "${text}"` })],
  ['in hex', (text: string) => Buffer.from(text).toString('hex')],
])('a planted secret is found %s', (_name, plant) => {
  expect(find(`lines before\n${plant(secret)}\nlines after`).length).toBeGreaterThan(0)
})

test('nothing is found where nothing is planted', () => {
  expect(
    find(
      spellingsOf(newCanary('another'))
        .map(({ text }) => text)
        .join('\n'),
    ),
  ).toEqual([])
})

test('what is found says which secret it is, and where', () => {
  expect(find(`x${secret}`)).toContainEqual(expect.stringContaining('planted, raw, in here after: x'))
})

test('every canary could be PHOENIX_SECRET', () => {
  expect(newCanary('a')).toMatch(/^[!-~]{32,}$/)
  expect(newCanary('a')).toMatch(/\d.*[a-z]|[a-z].*\d/)
})
