import { expect, it } from 'vitest'
import { initialsOf, tintOf } from './initials'

it('takes the first letters of the first and the last word', () => {
  expect(initialsOf('Ada King Lovelace')).toBe('AL')
})

it('takes one letter of a name of one word', () => {
  expect(initialsOf('platform')).toBe('P')
})

it('splits at points and dashes as well', () => {
  expect(initialsOf('jo-anne.byrne')).toBe('JB')
})

it('keeps a letter with its accents together', () => {
  expect(initialsOf('e\u0301mile')).toBe('E\u0301')
})

it('has a sign for a name without letters', () => {
  expect(initialsOf('– ✳ –')).toBe('?')
})

it('gives a name the same tint each time, within the number of tints', () => {
  expect(tintOf('ada', 5)).toBe(tintOf('ada', 5))
  expect([...'abcdefghij'].every((name) => tintOf(name, 3) < 3)).toBe(true)
})
