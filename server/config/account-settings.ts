/** Accounts that the environment asks for, and the ways of signing in that are open. */
import { BUILT_IN_EMAILS, isReservedName } from '#server/accounts'
import type { Config } from '#server/config/model'
import { declaresProvider } from '#server/config/oauth2-settings'
import { quoted, type Reader } from '#server/config/reader'
import { Email, Username } from '#server/users/model'

const ADMINS = 'PHOENIX_ADMINS'

/** PHOENIX_ADMINS: `name=address` pairs between semicolons, split at the last `=`. */
export function readAdmins(reader: Reader): Config['auth']['admins'] {
  const pairs = (reader.text(ADMINS) ?? '')
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  const admins = pairs.flatMap((pair) => readAdmin(reader, pair) ?? [])
  for (const field of ['username', 'email'] as const) {
    for (const value of repeated(admins.map((admin) => admin[field]))) {
      reader.problem(`${ADMINS}: ${quoted(ADMINS, value)} stands there twice. Name everybody once.`)
    }
  }
  return admins
}

function readAdmin(reader: Reader, pair: string): Config['auth']['admins'][number] | null {
  const shown = quoted(ADMINS, pair)
  const split = pair.lastIndexOf('=')
  if (split < 0) {
    reader.problem(
      `${ADMINS}: ${shown} has no =. Write name=address pairs, separated by semicolons, such as Ada=ada@example.com;Bob=bob@example.com.`,
    )
    return null
  }
  const username = Username.safeParse(pair.slice(0, split))
  const email = Email.safeParse(pair.slice(split + 1))
  if (!username.success || isReservedName(username.data))
    reader.problem(`${ADMINS}: ${shown} begins with a name that cannot be used. Write another before the =.`)
  if (!email.success || BUILT_IN_EMAILS.includes(email.data))
    reader.problem(`${ADMINS}: ${shown} ends with no e-mail address. Write one like ada@example.com.`)
  return username.success && email.success ? { username: username.data, email: email.data } : null
}

const repeated = (values: string[]) =>
  new Set(values.filter((value, index) => values.indexOf(value) !== index))

/**
 * Whether people may sign in with a password. Without it there has to be another way.
 * @param enabled whether authentication is on: without it nobody signs in
 */
export function readBasicAuth(reader: Reader, enabled: boolean): boolean {
  const name = 'PHOENIX_DISABLE_BASIC_AUTH'
  const disabled = reader.bool(name, false)
  if (disabled && !enabled)
    reader.warn(`${name}: of no effect while authentication is off. Set PHOENIX_ENABLE_AUTH=true.`)
  const hasOther = declaresProvider(reader) || reader.text('PHOENIX_LDAP_HOST') !== null
  if (disabled && enabled && !hasOther) {
    reader.problem(
      `${name}: passwords are the only way to sign in that is set up, and it closes it. ` +
        'Set up an identity provider or LDAP as well, or remove it, or nobody could sign in.',
    )
  }
  return !disabled
}

/** Where the operator manages the deployment: a link for some admins. Anything but http and https could run as a script. */
export function readManagementUrl(reader: Reader): string | null {
  const name = 'PHOENIX_MANAGEMENT_URL'
  const written = reader.text(name)
  if (written === null) return null
  if (/^https?:\/\/[^/?#\s]+/i.test(written) && URL.canParse(written)) return new URL(written).href
  reader.problem(
    `${name}: the value is not a URL. Write scheme and host, such as https://console.example.com.`,
  )
  return null
}
