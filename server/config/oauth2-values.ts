/** Values of identity providers that have a syntax of their own. */
import { cleanValue, quoted, type Reader } from '#server/config/reader'
import { readClaimPath } from '#server/oidc/claim-path'
import type { ProviderSettings } from '#server/oidc/model'
import { ROLES, type Role } from '#server/permissions'

/** Double quotes around a path may belong to it: they are not taken for those that env files keep. */
export function readPath(reader: Reader, name: string): string | null {
  const raw = reader.env[name] ?? ''
  const text = cleanValue(raw).value
  if (text === '') return null
  const read = readClaimPath(text, { quoted: raw.trim().startsWith('"') })
  if ('fault' in read) {
    reader.problem(`${name}: ${read.fault}`)
    return null
  }
  if (read.warning) reader.warn(`${name}: ${read.warning}.`)
  return read.path
}

/** Pairs of the provider's word and our role, between commas. */
export function readRoleMapping(reader: Reader, name: string): ProviderSettings['roleMapping'] {
  return reader.list(name).flatMap((pair): (readonly [string, Role])[] => {
    const split = pair.indexOf(':')
    const word = pair.slice(0, split).trim()
    const role = ROLES.find(
      (one) =>
        one ===
        pair
          .slice(split + 1)
          .trim()
          .toUpperCase(),
    )
    if (split > 0 && word !== '' && role) return [[word, role]]
    reader.problem(
      `${name}: ${quoted(name, pair)} is not a word of the provider, a colon and one of ${ROLES.join(', ')}. ` +
        'Write pairs such as admins:ADMIN,staff:MEMBER.',
    )
    return []
  })
}
