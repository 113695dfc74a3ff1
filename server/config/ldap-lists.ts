/** The lists among the settings of a directory: hosts, places to search, and which group has which role. */
import { isIP } from 'node:net'
import { z } from 'zod'
import type { RoleMapping } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'
import { canonicalDn, isDn } from '#server/ldap/dn'
import { ROLES } from '#server/permissions'

export const MAPPINGS = 'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS'
const EXAMPLE = '[{"group_dn": "CN=Admins,OU=Groups,DC=example,DC=com", "role": "ADMIN"}]'

/** Names and addresses between commas; an IPv6 address may stand in brackets. */
export function readHosts(reader: Reader, name: string): string[] {
  const hosts = reader.list(name).map((host) => host.replace(/^\[(.*)\]$/, '$1'))
  if (hosts.length === 0) {
    reader.problem(`${name}: holds commas and no host. Write the names of the servers between them.`)
  }
  for (const host of hosts) {
    if (isIP(host) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host)) continue
    reader.problem(
      `${name}: ${quoted(name, host)} is not a host. Write names or addresses alone, between commas; the port goes into PHOENIX_LDAP_PORT.`,
    )
  }
  return hosts
}

/** Where to search: a JSON array of DNs, or DNs between semicolons. Null when unset or faulty. */
export function readBases(reader: Reader, name: string): string[] | null {
  const written = reader.text(name)
  if (written === null) return null
  const bases = written.startsWith('[') ? parseList(z.array(z.string()).min(1), written) : splitBases(written)
  if (bases === null || bases.length === 0) {
    reader.problem(
      `${name}: ${quoted(name, written)} is no list of DNs. Write a JSON array such as ["OU=People,DC=example,DC=com"], or DNs between semicolons.`,
    )
    return null
  }
  for (const base of bases.filter((one) => !isDn(one))) {
    reader.problem(
      `${name}: ${quoted(name, base)} is no distinguished name. Write it like OU=People,DC=example,DC=com.`,
    )
  }
  return bases
}

/** A semicolon within a DN is escaped. */
const splitBases = (text: string) =>
  (text.match(/(\\.|[^;\\])+/gs) ?? []).map((base) => base.trim()).filter((base) => base !== '')

function parseList<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

const Mappings = z.array(z.object({ group_dn: z.string(), role: z.string() })).min(1)

/** Which group has which role, in the order that decides. */
export function readMappings(reader: Reader): RoleMapping[] {
  const written = reader.text(MAPPINGS)
  if (written === null) {
    if (!reader.isFaulty(MAPPINGS)) {
      reader.problem(
        `${MAPPINGS}: missing, and without it nobody would get a role. Say which group has which, such as ${EXAMPLE}.`,
      )
    }
    return []
  }
  const mappings = parseList(Mappings, written)
  if (mappings) return mappings.flatMap((mapping) => readMapping(reader, mapping) ?? [])
  reader.problem(`${MAPPINGS}: is no JSON array of groups and roles. Write it like ${EXAMPLE}.`)
  return []
}

function readMapping(
  reader: Reader,
  { group_dn, role }: z.infer<typeof Mappings>[number],
): RoleMapping | null {
  const group = group_dn.trim()
  const known = ROLES.find((one) => one === role.trim().toUpperCase())
  const key = group === '*' ? group : group === '' ? null : canonicalDn(group)
  if (key === null) {
    reader.problem(
      `${MAPPINGS}: ${quoted(MAPPINGS, group)} is no distinguished name. Write the group’s whole DN, or * for everybody.`,
    )
  }
  if (!known) {
    reader.problem(`${MAPPINGS}: ${quoted(MAPPINGS, role)} is no role. Write one of ${ROLES.join(', ')}.`)
  }
  return key !== null && known ? { group, key, role: known } : null
}
