/**
 * Every variable name the server knows, by what it does with it, and the warning about all others.
 * A name the reference server documents for something we do not have is known and ignored.
 */
import type { Environment, Reader } from '#server/config/reader'

/** Read by this build. */
const HONOURED = [
  'PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES',
  'PHOENIX_ADMINS',
  'PHOENIX_ADMIN_SECRET',
  'PHOENIX_ALLOWED_ORIGINS',
  'PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS',
  'PHOENIX_COOKIES_PATH',
  'PHOENIX_CSRF_TRUSTED_ORIGINS',
  'PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD',
  'PHOENIX_DISABLE_BASIC_AUTH',
  'PHOENIX_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION',
  'PHOENIX_DISABLE_RATE_LIMIT',
  'PHOENIX_ENABLE_AUTH',
  'PHOENIX_ENABLE_PROMETHEUS',
  'PHOENIX_ENABLE_STRONG_PASSWORD_POLICY',
  'PHOENIX_GRPC_PORT',
  'PHOENIX_HOST',
  'PHOENIX_HOST_ROOT_PATH',
  'PHOENIX_LDAP_ALLOW_SIGN_UP',
  'PHOENIX_LDAP_ATTR_DISPLAY_NAME',
  'PHOENIX_LDAP_ATTR_EMAIL',
  'PHOENIX_LDAP_ATTR_MEMBER_OF',
  'PHOENIX_LDAP_ATTR_UNIQUE_ID',
  'PHOENIX_LDAP_BIND_DN',
  'PHOENIX_LDAP_BIND_PASSWORD',
  'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS',
  'PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS',
  'PHOENIX_LDAP_GROUP_SEARCH_FILTER',
  'PHOENIX_LDAP_GROUP_SEARCH_FILTER_USER_ATTR',
  'PHOENIX_LDAP_HOST',
  'PHOENIX_LDAP_PORT',
  'PHOENIX_LDAP_TLS_CA_CERT_FILE',
  'PHOENIX_LDAP_TLS_CLIENT_CERT_FILE',
  'PHOENIX_LDAP_TLS_CLIENT_KEY_FILE',
  'PHOENIX_LDAP_TLS_MODE',
  'PHOENIX_LDAP_TLS_VERIFY',
  'PHOENIX_LDAP_USER_SEARCH_BASE_DNS',
  'PHOENIX_LDAP_USER_SEARCH_FILTER',
  'PHOENIX_LOGGING_LEVEL',
  'PHOENIX_LOGGING_MODE',
  'PHOENIX_MANAGEMENT_URL',
  'PHOENIX_MAX_SPANS_QUEUE_SIZE',
  'PHOENIX_PASSWORD_RESET_TOKEN_EXPIRY_MINUTES',
  'PHOENIX_PORT',
  'PHOENIX_POSTGRES_DB',
  'PHOENIX_POSTGRES_HOST',
  'PHOENIX_POSTGRES_PASSWORD',
  'PHOENIX_POSTGRES_PORT',
  'PHOENIX_POSTGRES_USER',
  'PHOENIX_REFRESH_TOKEN_EXPIRY_MINUTES',
  'PHOENIX_ROOT_URL',
  'PHOENIX_SECRET',
  'PHOENIX_SMTP_HOSTNAME',
  'PHOENIX_SMTP_MAIL_FROM',
  'PHOENIX_SMTP_PASSWORD',
  'PHOENIX_SMTP_PORT',
  'PHOENIX_SMTP_USERNAME',
  'PHOENIX_SMTP_VALIDATE_CERTS',
  'PHOENIX_SQL_DATABASE_SCHEMA',
  'PHOENIX_SQL_DATABASE_URL',
  'PHOENIX_TLS_CA_FILE',
  'PHOENIX_TLS_CERT_FILE',
  'PHOENIX_TLS_ENABLED',
  'PHOENIX_TLS_ENABLED_FOR_GRPC',
  'PHOENIX_TLS_ENABLED_FOR_HTTP',
  'PHOENIX_TLS_KEY_FILE',
  'PHOENIX_TLS_KEY_FILE_PASSWORD',
  'PHOENIX_TLS_VERIFY_CLIENT',
  'PHOENIX_USE_SECURE_COOKIES',
  'PHOENIX_WORKING_DIR',
  'BENNU_FORCED_RESET',
  'BENNU_INVITATION_EXPIRY_MINUTES',
  'BENNU_LDAP_MAX_CONCURRENT',
  'BENNU_LDAP_SYNC_MINUTES',
  'BENNU_MAX_INFLATED_BYTES',
  'BENNU_MAX_INFLIGHT_BYTES',
  'BENNU_MAX_REQUEST_BYTES',
  'BENNU_METRICS_HOST',
  'BENNU_METRICS_PORT',
  'BENNU_OTLP_HTTP_PORT',
  'BENNU_PASSWORD_COMMON_CHECK',
  'BENNU_PASSWORD_MIN_LENGTH',
  'BENNU_RATE_LIMIT_API',
  'BENNU_RATE_LIMIT_LOGIN',
  'BENNU_RATE_LIMIT_PASSWORD_RESET',
  'BENNU_SECRET_PREVIOUS',
  'BENNU_SECURITY_MAILS',
] as const

/** Answered by `promises.ts`: refused, or accepted with a warning, until they do something. */
const ANSWERED = [
  'PHOENIX_DANGEROUSLY_DISABLE_MIGRATIONS',
  'PHOENIX_DATABASE_USAGE_EMAIL_WARNING_THRESHOLD_PERCENTAGE',
  'PHOENIX_DATABASE_USAGE_INSERTION_BLOCKING_THRESHOLD_PERCENTAGE',
  'PHOENIX_DEFAULT_RETENTION_POLICY_DAYS',
  'PHOENIX_FASTAPI_MIDDLEWARE_PATHS',
  'PHOENIX_GQL_EXTENSION_PATHS',
  'PHOENIX_GRPC_INTERCEPTOR_PATHS',
  'PHOENIX_POSTGRES_USE_AWS_IAM_AUTH',
  'PHOENIX_POSTGRES_USE_AZURE_MANAGED_IDENTITY',
  'PHOENIX_SQL_DATABASE_READ_REPLICA_URL',
] as const

/** Documented elsewhere, of no effect here, and safe so: the thing they govern does not exist here. */
const IGNORED = [
  'PHOENIX_AGENTS_ASSISTANT_PROJECT_NAME',
  'PHOENIX_AGENTS_COLLECTOR_API_KEY',
  'PHOENIX_AGENTS_COLLECTOR_ENDPOINT',
  'PHOENIX_AGENTS_DISABLE_BASH',
  'PHOENIX_AGENTS_DISABLE_WEB_ACCESS',
  'PHOENIX_AGENTS_FORCE_TRACING',
  'PHOENIX_ALLOWED_PROVIDERS',
  'PHOENIX_ALLOWED_SANDBOX_PROVIDERS',
  'PHOENIX_ALLOW_EXTERNAL_RESOURCES',
  'PHOENIX_API_KEY',
  'PHOENIX_BASE_URL',
  'PHOENIX_CLIENT_HEADERS',
  'PHOENIX_CLI_DANGEROUSLY_ENABLE_DELETES',
  'PHOENIX_COLLECTOR_ENDPOINT',
  'PHOENIX_DATABASE_ALLOCATED_STORAGE_CAPACITY_GIBIBYTES',
  'PHOENIX_DB_LOGGING_LEVEL',
  'PHOENIX_DISABLE_AGENT_ASSISTANT',
  'PHOENIX_ENABLE_MCP_CODE_MODE',
  'PHOENIX_ENABLE_MCP_SERVER',
  'PHOENIX_ENABLE_OAUTH2_AUTHORIZATION_SERVER',
  'PHOENIX_ENABLE_SOURCE_MAP',
  'PHOENIX_ENABLE_WEBSOCKETS',
  'PHOENIX_ENDPOINT',
  'PHOENIX_FULLSTORY_ORG',
  'PHOENIX_LOG_MIGRATIONS',
  'PHOENIX_LOG_SQL',
  'PHOENIX_MASK_INTERNAL_SERVER_ERRORS',
  'PHOENIX_MIGRATE_INDEX_CONCURRENTLY',
  'PHOENIX_NOTEBOOK_ENV',
  'PHOENIX_OAUTH2_ALLOWED_REDIRECT_HOSTS',
  'PHOENIX_OAUTH2_CONSENT_ORIGIN_CHECK',
  'PHOENIX_OAUTH2_DCR_RATE_LIMIT_PER_HOUR',
  'PHOENIX_OAUTH2_DYNAMIC_CLIENT_REGISTRATION',
  'PHOENIX_OAUTH2_GRANT_EXPIRY_DAYS',
  'PHOENIX_POSTGRES_AWS_IAM_TOKEN_LIFETIME_SECONDS',
  'PHOENIX_POSTGRES_AZURE_SCOPE',
  'PHOENIX_PROJECT',
  'PHOENIX_PROJECT_NAME',
  'PHOENIX_SCARF_SH_PIXEL_ID',
  'PHOENIX_SERVER_INSTRUMENTATION_OTLP_TRACE_COLLECTOR_GRPC_ENDPOINT',
  'PHOENIX_SERVER_INSTRUMENTATION_OTLP_TRACE_COLLECTOR_HTTP_ENDPOINT',
  'PHOENIX_SUPPORT_EMAIL',
  'PHOENIX_TELEMETRY_ENABLED',
  'PHOENIX_URL',
  'PHOENIX_WASM_BINARY_PATH',
] as const

/** Variables whose value may stand in a file named by `<NAME>_FILE`. */
const WITH_FILE_FORM = [
  'PHOENIX_ADMIN_SECRET',
  'PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD',
  'PHOENIX_LDAP_BIND_PASSWORD',
  'PHOENIX_POSTGRES_PASSWORD',
  'PHOENIX_SECRET',
  'PHOENIX_SMTP_PASSWORD',
  'PHOENIX_SQL_DATABASE_READ_REPLICA_URL',
  'PHOENIX_SQL_DATABASE_URL',
  'PHOENIX_TLS_KEY_FILE_PASSWORD',
  'BENNU_SECRET_PREVIOUS',
] as const

/** Names an operator must find in the documentation: they do something, if only stop the start. */
export const DOCUMENTED_NAMES: readonly string[] = [...HONOURED, ...ANSWERED]

/** About a future sign-in server of our own; they share the prefix of the providers but declare none. */
export const AUTHORIZATION_SERVER_NAMES: ReadonlySet<string> = new Set(
  IGNORED.filter((name) => name.startsWith('PHOENIX_OAUTH2_')),
)

const KNOWN: ReadonlySet<string> = new Set([
  ...HONOURED,
  ...ANSWERED,
  ...IGNORED,
  ...WITH_FILE_FORM.map((name) => `${name}_FILE`),
])

/** Declared as a whole: their members are answered by prefix. */
const FAMILIES = /^(PHOENIX|BENNU)_OAUTH2_/
/** What Kubernetes injects for a Service called phoenix or bennu (or phoenix-something). */
const SERVICE_LINKS =
  /^(PHOENIX|BENNU)(_[A-Z0-9]+)*?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)$/

/** Names handed from the supervisor to its children, and to test-only hooks. */
const INTERNAL = /^BENNU_(INTERNAL|TEST)_/

/** Warns about PHOENIX_ and BENNU_ names nobody knows, each with the nearest known one. */
export function warnAboutUnknownNames(reader: Reader): void {
  for (const name of unknownNames(reader.env)) {
    const near = nearestName(name)
    const hint = near ? `Did you mean ${near}?` : 'Check the name in docs/configuration.md.'
    reader.warn(`${JSON.stringify(name).slice(1, -1)}: this variable is not known and has no effect. ${hint}`)
  }
}

function unknownNames(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => /^(PHOENIX|BENNU)_/i.test(name.trim()))
    .filter((name) => (env[name] ?? '').trim() !== '')
    .filter((name) => !KNOWN.has(name) && !FAMILIES.test(name) && !INTERNAL.test(name))
    .filter((name) => !SERVICE_LINKS.test(name) && !/^(tcp|udp):\/\//.test(env[name] ?? ''))
    .sort()
}

/** The known name closest to one that is not, or null when nothing is near enough to be a slip. */
export function nearestName(name: string): string | null {
  const wanted = withoutPrefix(name.trim().toUpperCase())
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(wanted.length / 4)) + 1
  for (const candidate of KNOWN) {
    const distance = editDistance(wanted, withoutPrefix(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Both prefixes are ours, so that taking one for the other is no distance. */
function withoutPrefix(name: string): string {
  return name.replace(/^(PHOENIX|BENNU)_/, '')
}

/** Levenshtein: how many letters to add, drop or change to get from one word to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const change = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current[column] = Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
