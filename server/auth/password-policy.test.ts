import { expect, test } from 'vitest'
import { passwordDemands, passwordHints } from '#server/auth/password-model'
import { passwordFaults } from '#server/auth/password-policy'
import { generatePassword } from '#server/users/reset-password'
import { testConfig } from '../../test/runtime'

const owner = { username: 'Ada Lovelace', email: 'countess@example.com' }
const faults = (password: string, auth: Parameters<typeof testConfig>[0] = {}) =>
  passwordFaults(testConfig(auth), password, owner)

test.each([
  ['eight characters', 'qwmzpf7k'],
  ['blanks and punctuation', 'a b c d-e!'],
  ['letters of any script', 'пароль-словоформа'],
  ['pictures', '🦜🦚🦩🦢🦃🐓🦉🐦'],
  ['1024 bytes', 'xy'.repeat(512)],
])('%s may be a password', async (_name, password) => {
  expect(await faults(password)).toEqual([])
})

test('the empty text is refused', async () => {
  expect(await faults('')).toEqual(['The password is empty'])
})

test('seven characters are one too few', async () => {
  expect(await faults('qwmzpf7')).toEqual(['The password needs at least 8 characters'])
})

test('length counts characters, not bytes', async () => {
  expect(await faults('🦜🦚🦩🦢🦃🐓🦉')).toEqual(['The password needs at least 8 characters'])
})

test('the least length can be configured', async () => {
  expect(await faults('qwmzpf7k', { auth: { passwordMinLength: 9 } })).toEqual([
    'The password needs at least 9 characters',
  ])
})

test('1025 bytes are refused, not cut', async () => {
  expect(await faults(`${'xy'.repeat(512)}z`)).toEqual(['The password is longer than 1024 bytes'])
})

test('half a character is refused', async () => {
  expect(await faults('qwmzpf7k\ud83e')).toEqual(['The password needs whole characters only'])
})

test.each(['Ada Lovelace', 'ada lovelace', 'COUNTESS', 'countess@example.com'])(
  '%s is a name',
  async (password) => {
    expect(await faults(password, { auth: { commonPasswordCheck: false } })).toEqual([
      'The password needs to differ from your name and your e-mail address',
    ])
  },
)

test('a name within a longer password is fine', async () => {
  expect(await faults('countess of the engine')).toEqual([])
})

test.each(['password', 'iloveyou', 'PassWord', 'trustno1', 'baseball1'])(
  '%s has leaked',
  async (password) => {
    expect(await faults(password)).toEqual(['This password is on lists of leaked passwords: choose another'])
  },
)

test('the list of leaked passwords can be switched off', async () => {
  expect(await faults('password', { auth: { commonPasswordCheck: false } })).toEqual([])
})

test('line breaks do not fool the list', async () => {
  expect(await faults('password\n12345678')).toEqual([])
})

const strong = { auth: { strongPasswords: true } }

test('a strong password has twelve characters and one of each kind', async () => {
  expect(await faults('Zuckerrohr_1', strong)).toEqual([])
})

test.each([
  ['Zuckerrohr_', 'The password needs at least 12 characters, a digit'],
  ['Zuckerrohr__', 'The password needs a digit'],
  ['ZUCKERROHR_1', 'The password needs a lower-case letter'],
  ['zuckerrohr_1', 'The password needs an upper-case letter'],
  ['Zuckerrohrs1', 'The password needs one of !@#$%^&*()_+'],
])('%s is not strong', async (password, expected) => {
  expect(await faults(password, strong)).toEqual([expected])
})

test('all that is missing is named at once', async () => {
  expect(await faults('zuckerrohrer', strong)).toEqual([
    'The password needs a digit, an upper-case letter, one of !@#$%^&*()_+',
  ])
})

const unlisted = { auth: { strongPasswords: true, commonPasswordCheck: false } }

test('generated passwords satisfy the strong rules', async () => {
  for (let round = 0; round < 100; round++) expect(await faults(generatePassword(), unlisted)).toEqual([])
})

const rules = { username: 'Ada Lovelace', email: 'countess@example.com', minLength: 8, strong: false }

test('a form is told every demand, and which are met, while somebody types', () => {
  expect(passwordDemands('Zuck', { ...rules, strong: true })).toEqual([
    { words: 'at least 12 characters', met: false },
    { words: 'a digit', met: false },
    { words: 'a lower-case letter', met: true },
    { words: 'an upper-case letter', met: true },
    { words: 'one of !@#$%^&*()_+', met: false },
    { words: 'to differ from your name and your e-mail address', met: true },
  ])
})

test('before anything is typed nothing is met', () => {
  expect(passwordDemands('', rules).map(({ met }) => met)).toEqual([false, false])
})

test('hints name what is missing and nothing else', () => {
  expect(passwordHints('countess', rules)).toEqual(['to differ from your name and your e-mail address'])
  expect(passwordHints('countess of the engine', rules)).toEqual([])
})

test('hints never leave the browser for the list: a leaked password has none', () => {
  expect(passwordHints('password', rules)).toEqual([])
})
