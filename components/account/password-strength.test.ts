import { expect, it } from 'vitest'
import { strengthOf } from './password-strength'

const rules = { username: 'ada', email: 'ada@example.com', minLength: 8, strong: false }

it('says nothing before anything is typed', () => {
  expect(strengthOf('', rules)).toBe('none')
})

it('calls short what the server would refuse', () => {
  expect(strengthOf('seven77', rules)).toBe('short')
  expect(strengthOf('ada@example.com', rules)).toBe('short')
  expect(strengthOf('only small letters here', { ...rules, strong: true })).toBe('short')
})

it('calls fair what is allowed, and strong a long one of many letters', () => {
  expect(strengthOf('plum tree', rules)).toBe('fair')
  expect(strengthOf('aaaaaaaaaaaaaaaaaaaaaaaa', rules)).toBe('fair')
  expect(strengthOf('plum trees in an early frost', rules)).toBe('strong')
})
