/** The secrets, the accounts' rules and the life of tokens. */
import { readAdmins, readBasicAuth } from '#server/config/account-settings'
import { MASK } from '#server/config/describe'
import { readLockoutAfter } from '#server/config/limit-settings'
import type { Config } from '#server/config/model'
import type { Reader } from '#server/config/reader'

const TEN_YEARS_IN_MINUTES = 5_256_000
/** The longest password that is hashed. */
const MAX_PASSWORD_BYTES = 1024

/** Secrets printed in public documents: whoever reads those could sign sessions. */
const PUBLISHED = new Set([
  '3413f9a7735bb780c6b8e4db7d946a492b64d26112a955cdea6a797f4c833593',
  'change-me-32chars-min1digit1lower',
  'your-secret-key-minimum-32-characters-long',
])
const LOOKS_LIKE_A_SAMPLE =
  /change.?me|replace.?(this|me)|your.?(secret|admin)|placeholder|example.?secret|secret.?example/i

/** Everything about who may come in. */
export function readAuth(reader: Reader): Config['auth'] {
  const enabled = reader.bool('PHOENIX_ENABLE_AUTH', false)
  const secret = readSecret(reader, 'PHOENIX_SECRET')
  const adminSecret = readAdminSecret(reader, enabled, secret)
  const previousSecrets = readPreviousSecrets(reader, secret)
  if (enabled && secret === null && !reader.isFaulty('PHOENIX_SECRET')) {
    reader.problem(
      'PHOENIX_SECRET: missing, and PHOENIX_ENABLE_AUTH needs it. ' +
        'Set it to the output of `openssl rand -hex 32`, and keep it.',
    )
  }
  if (!enabled && secret !== null && reader.text('PHOENIX_ENABLE_AUTH') === null) {
    reader.warn(
      'PHOENIX_SECRET: set, but authentication is off: everybody who reaches the ports may read and change ' +
        'everything. Set PHOENIX_ENABLE_AUTH=true.',
    )
  }
  return {
    ...(enabled ? { enabled, secret: secret ?? '', previousSecrets } : { enabled, secret, previousSecrets }),
    adminSecret,
    basicAuth: readBasicAuth(reader, enabled),
    admins: readAdmins(reader),
    defaultAdminInitialPassword: readInitialPassword(reader),
    ...readTokenLifetimes(reader),
    ...readPasswordRules(reader),
    forcedReset: reader.choice('BENNU_FORCED_RESET', { server: 'server', ui: 'ui' }, 'server'),
    lockoutAfter: readLockoutAfter(reader),
  }
}

function readSecret(reader: Reader, name: string): string | null {
  const value = reader.secret(name)
  if (value === null) return null
  for (const fault of secretFaults(value)) reader.problem(`${name}: ${fault}`)
  if (PUBLISHED.has(value) || LOOKS_LIKE_A_SAMPLE.test(value)) {
    reader.warn(
      `${name}: this looks like the sample value of a document, which anybody can read. ` +
        'Replace it with the output of `openssl rand -hex 32`.',
    )
  }
  return value
}

/** What is wrong with a secret, one sentence for each rule it breaks. Never repeats the secret. */
function secretFaults(value: string): string[] {
  const advice = 'Use the output of `openssl rand -hex 32`.'
  const faults: [boolean, string][] = [
    [[...value].length < 32, `too short. It needs at least 32 characters. ${advice}`],
    [/[^\p{ASCII}]/u.test(value), `holds a character that is not ASCII. ${advice}`],
    [/\s/.test(value), `holds a blank or a line break. ${advice}`],
    [!/[0-9]/.test(value), `holds no digit. It needs at least one. ${advice}`],
    [!/[a-z]/.test(value), `holds no lower-case letter. It needs at least one. ${advice}`],
  ]
  return faults.filter(([isBad]) => isBad).map(([, sentence]) => sentence)
}

function readAdminSecret(reader: Reader, enabled: boolean, secret: string | null): string | null {
  const name = 'PHOENIX_ADMIN_SECRET'
  const value = readSecret(reader, name)
  if (value === null) return null
  if (secret === null && !reader.isFaulty('PHOENIX_SECRET')) {
    reader.problem(`${name}: PHOENIX_SECRET is missing, and this needs it. Set both, to different values.`)
  }
  if (value === secret) {
    reader.problem(`${name}: the same as PHOENIX_SECRET. Choose another value for one of them.`)
  }
  if (!enabled)
    reader.warn(`${name}: of no effect while authentication is off. Set PHOENIX_ENABLE_AUTH=true.`)
  return value
}

/** Older secrets stand apart by blanks or line breaks, which no secret holds, or by commas. */
function readPreviousSecrets(reader: Reader, secret: string | null): string[] {
  const name = 'BENNU_SECRET_PREVIOUS'
  const value = reader.secret(name)
  if (value === null) return []
  const secrets = value
    .split(/\s+/)
    .flatMap((part) => splitAtCommas(part))
    .filter((part) => part !== '')
  for (const fault of new Set(secrets.flatMap(secretFaults))) {
    reader.problem(`${name}: one of the secrets is wrong: ${fault}`)
  }
  if (secret === null && !reader.isFaulty('PHOENIX_SECRET')) {
    reader.problem(
      `${name}: PHOENIX_SECRET is missing. Set the present secret there, and only older ones here.`,
    )
  }
  if (secret !== null && secrets.includes(secret)) {
    reader.problem(`${name}: holds the present PHOENIX_SECRET. List only earlier ones.`)
  }
  return [...new Set(secrets)]
}

/** A secret may itself hold a comma: it is taken apart only where every piece could be a secret. */
function splitAtCommas(part: string): string[] {
  const pieces = part.split(',').filter((piece) => piece !== '')
  return pieces.every((piece) => secretFaults(piece).length === 0) ? pieces : [part.replace(/^,+|,+$/g, '')]
}

function readInitialPassword(reader: Reader): string {
  const name = 'PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD'
  const value = reader.secret(name)
  if (value !== null && Buffer.byteLength(value) > MAX_PASSWORD_BYTES) {
    reader.problem(
      `${name}: longer than ${MAX_PASSWORD_BYTES} bytes, which no sign-in accepts. Choose a shorter one.`,
    )
  }
  if (value === MASK) {
    reader.problem(
      `${name}: holds the mask that \`bennu config\` prints, not a password. Put the password there.`,
    )
  }
  return value ?? 'admin'
}

function readTokenLifetimes(
  reader: Reader,
): Pick<
  Config['auth'],
  'accessTokenMinutes' | 'refreshTokenMinutes' | 'passwordResetMinutes' | 'invitationMinutes'
> {
  const minutes = (name: string, fallback: number) =>
    reader.decimal(name, { fallback, min: Number.MIN_VALUE, max: TEN_YEARS_IN_MINUTES })
  const accessTokenMinutes = minutes('PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES', 10)
  const refreshTokenMinutes = minutes('PHOENIX_REFRESH_TOKEN_EXPIRY_MINUTES', 10_080)
  if (refreshTokenMinutes < accessTokenMinutes) {
    reader.warn(
      'PHOENIX_REFRESH_TOKEN_EXPIRY_MINUTES: shorter than PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES, ' +
        'so that sessions cannot be renewed. Make it the longer one.',
    )
  }
  const passwordResetMinutes = minutes('PHOENIX_PASSWORD_RESET_TOKEN_EXPIRY_MINUTES', 15)
  const invitationMinutes = minutes('BENNU_INVITATION_EXPIRY_MINUTES', 10_080)
  return { accessTokenMinutes, refreshTokenMinutes, passwordResetMinutes, invitationMinutes }
}

function readPasswordRules(
  reader: Reader,
): Pick<Config['auth'], 'passwordMinLength' | 'strongPasswords' | 'commonPasswordCheck'> {
  const name = 'BENNU_PASSWORD_MIN_LENGTH'
  const passwordMinLength = reader.integer(name, { fallback: 8, min: 1, max: 256 })
  if (passwordMinLength < 8)
    reader.warn(`${name}: passwords of under 8 characters are guessed quickly. Use 8 or more.`)
  return {
    passwordMinLength,
    strongPasswords: reader.bool('PHOENIX_ENABLE_STRONG_PASSWORD_POLICY', false),
    commonPasswordCheck: reader.bool('BENNU_PASSWORD_COMMON_CHECK', true),
  }
}
