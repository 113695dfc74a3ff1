import { expect, test } from 'vitest'
import { typedAddress } from '#server/auth/typed-address'

test.each(['ada@example.com', 'a.b+c@mail.example.co.uk', 'admin@localhost', 'ada@corp.internal'])(
  '%s is kept',
  (text) => expect(typedAddress(text)).toBe(text),
)

test.each([
  'hunter2hunter2',
  'P@ssw0rd',
  'correct horse@example.com',
  '',
  `${'a'.repeat(320)}@example.com`,
  '@b.c',
])('%s is not kept: it may be a password', (text) => expect(typedAddress(text)).toBe('(not an address)'))
