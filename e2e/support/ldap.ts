/** A server that signs in with a directory, and the directory. */
import type { Slapd } from '../../test/slapd'
import { GROUPS, PEOPLE, SERVICE, startSlapd } from '../../test/slapd'
import { test } from './fixtures'
import { AUTH, type BennuServer, startServer } from './server'

/** Minutes between two comparisons: three seconds. */
const SYNC_MINUTES = '0.05'

interface WorkerFixtures {
  slapd: Slapd
  server: BennuServer
}

/** `ada` is in the group of admins, `bob` in that of members, `eve` in none, `dan` a member who leaves. */
export const ldapTest = test.extend<object, WorkerFixtures>({
  slapd: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const names = { ada: 'Ada Lovelace', bob: 'Bob Byte', eve: 'Eve Else', dan: 'Dan Done' }
      const slapd = await startSlapd({
        people: Object.entries(names).map(([uid, displayName]) => ({
          uid,
          displayName,
          mail: `${uid}@corp.example.com`,
        })),
        groups: { admins: ['ada'], members: ['bob', 'dan'] },
      })
      await use(slapd)
      await slapd.stop()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  server: [
    async ({ engine, slapd }, use) => {
      const server = await startServer({ engine, env: { ...AUTH, ...directoryOf(slapd) } })
      await use(server)
      await server.stop()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
})

const directoryOf = (slapd: Slapd): Record<string, string> => ({
  PHOENIX_LDAP_HOST: '127.0.0.1',
  PHOENIX_LDAP_PORT: `${slapd.port}`,
  PHOENIX_LDAP_TLS_CA_CERT_FILE: slapd.authority.certFile,
  PHOENIX_LDAP_BIND_DN: SERVICE.dn,
  PHOENIX_LDAP_BIND_PASSWORD: SERVICE.password,
  PHOENIX_LDAP_USER_SEARCH_BASE_DNS: PEOPLE,
  PHOENIX_LDAP_USER_SEARCH_FILTER: '(&(objectClass=inetOrgPerson)(uid=%s))',
  PHOENIX_LDAP_ATTR_EMAIL: 'mail',
  PHOENIX_LDAP_ATTR_UNIQUE_ID: 'entryUUID',
  PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: JSON.stringify([
    { group_dn: `cn=admins,${GROUPS}`, role: 'ADMIN' },
    { group_dn: `cn=members,${GROUPS}`, role: 'MEMBER' },
  ]),
  BENNU_LDAP_SYNC_MINUTES: SYNC_MINUTES,
})
