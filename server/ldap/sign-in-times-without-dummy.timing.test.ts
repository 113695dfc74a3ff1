/** The test of sign-in-times.timing.test.ts can fail: here nobody is bound where there is nobody to bind. */
import { expect, test, vi } from 'vitest'
import type { Connection } from '#server/ldap/client'
import { measureDirectoryRefusals, tellingReasons } from '../../test/directory-times'

vi.mock('#server/ldap/client', async (original) => {
  const real = await original<typeof import('#server/ldap/client')>()
  const { LdapTrouble } = await import('#server/ldap/trouble')
  const { InvalidCredentialsError } = await import('ldapts')
  const openConnection: typeof real.openConnection = async (...where) => {
    let connection: Connection | undefined
    const bind = async (dn: string, password: string) => {
      if (/^cn=[0-9a-f]{32},/.test(dn))
        throw new LdapTrouble('bind', 'credentials', new InvalidCredentialsError())
      connection = await real.openConnection(...where)
      await connection.bind(dn, password)
    }
    return { bind, close: () => connection?.close() } as Connection
  }
  return { ...real, openConnection }
})

test('without the bind as nobody, names that nobody has or several can be told', async () => {
  const medians = await measureDirectoryRefusals()
  expect(tellingReasons(medians), JSON.stringify(medians)).toEqual(['unknown', 'ambiguous'])
}, 180_000)
