import { expect, test } from 'vitest'
import { OwnRequests } from './own-requests'

test('a request is our own while it shows the secret, and not before, after or with another', () => {
  const own = new OwnRequests()
  expect(own.includes(new Headers({ 'x-bennu-own': '' }))).toBe(false)
  const headers = new Headers(own.begin())
  expect(own.includes(headers)).toBe(true)
  expect(own.includes(new Headers())).toBe(false)
  expect(own.includes(new Headers({ 'x-bennu-own': '' }))).toBe(false)
  expect(own.includes(new Headers({ 'x-bennu-own': `${headers.get('x-bennu-own')}x` }))).toBe(false)
  expect(new OwnRequests().includes(headers)).toBe(false)
  own.end()
  expect(own.includes(headers)).toBe(false)
  expect(own.includes(new Headers(own.begin()))).toBe(true)
  expect(own.includes(headers)).toBe(false)
})
