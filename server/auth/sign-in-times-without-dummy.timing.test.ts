/** The test of sign-in-times.sqlite.test.ts can fail: here nothing is hashed where there is no password to check. */
import { expect, test, vi } from 'vitest'
import { measureRefusals, tellingKinds } from '../../test/sign-in-times'

vi.mock('#server/auth/password', async (original) => {
  const real = await original<typeof import('#server/auth/password')>()
  const verifyPassword: typeof real.verifyPassword = async (plain, stored, client) =>
    stored?.passwordHash ? real.verifyPassword(plain, stored, client) : { good: false, outdated: false }
  return { ...real, verifyPassword }
})

test('without the dummy hash all three are told from a wrong password', async () => {
  const medians = await measureRefusals(200)
  expect(tellingKinds(medians), JSON.stringify(medians)).toEqual(['unknown', 'directory', 'disabled'])
}, 180_000)
