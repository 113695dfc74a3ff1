import { expect, it } from 'vitest'
import { passwordHints } from '#server/auth/password-model'
import { generatePassword } from './generate-password'

const rules = { username: 'ada', email: 'ada@example.com', minLength: 20, strong: true }

it('makes passwords that meet every demand, the strong ones too', () => {
  for (let n = 0; n < 200; n++) expect(passwordHints(generatePassword(), rules)).toEqual([])
})

it('makes another one each time, without letters that look alike', () => {
  const made = Array.from({ length: 200 }, generatePassword)
  expect(new Set(made).size).toBe(200)
  expect(made.join('')).not.toMatch(/[0O1lI]/)
})

it('puts no kind of letter at a fixed place', () => {
  const firsts = Array.from({ length: 200 }, () => generatePassword().charAt(0))
  expect(firsts.some((letter) => /[a-z]/.test(letter))).toBe(true)
  expect(firsts.some((letter) => /[A-Z2-9]/.test(letter))).toBe(true)
})
