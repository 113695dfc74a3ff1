/** The test of sign-in-times.timing.test.ts can fail: here a refusal is answered as soon as it is known. */
import { expect, test, vi } from 'vitest'
import { measureDirectoryRefusals, tellingReasons } from '../../test/directory-times'

vi.mock('#server/ldap/answer-time', () => ({
  noteTimeOfKnown: () => {},
  untilRefusalIsDue: async () => {},
}))

test('answered at once, names that nobody has or several can be told where a directory hashes', async () => {
  const medians = await measureDirectoryRefusals()
  expect(tellingReasons(medians), JSON.stringify(medians)).toEqual(
    expect.arrayContaining(['unknown', 'ambiguous']),
  )
}, 180_000)
