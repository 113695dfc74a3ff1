/** The effective configuration as lines, for `bennu config`. Secrets are masked. */

import type { Config, DatabaseConfig, PostgresConfig, PublicConfig, Rate } from '#server/config/model'
import type { ProviderSettings } from '#server/oidc/model'

/** What stands in the place of a secret. */
export const MASK = '********'

/** One `NAME=value` line per setting, in the order of the documentation. */
export function describeConfig(config: Config): string[] {
  const { server, log, metrics, auth, cookies, limits, edge, mail, ingest, database } = config
  return Object.entries({
    PHOENIX_HOST: server.host,
    PHOENIX_PORT: server.port,
    PHOENIX_GRPC_PORT: server.grpcPort,
    BENNU_OTLP_HTTP_PORT: server.otlpHttp.port,
    PHOENIX_HOST_ROOT_PATH: server.rootPath,
    PHOENIX_ROOT_URL: server.rootUrl,
    PHOENIX_MANAGEMENT_URL: server.managementUrl,
    PHOENIX_WORKING_DIR: server.workingDir,
    FORWARDED_ALLOW_IPS: server.forwardedAllowIps.join(','),
    ...tlsLines(config.tls),
    PHOENIX_LOGGING_LEVEL: log.level,
    PHOENIX_LOGGING_MODE: log.structured ? 'structured' : 'default',
    PHOENIX_ENABLE_PROMETHEUS: metrics.enabled,
    BENNU_METRICS_HOST: metrics.enabled ? metrics.host : null,
    BENNU_METRICS_PORT: metrics.enabled ? metrics.port : null,
    PHOENIX_SQL_DATABASE_URL: databaseUrl(database),
    PHOENIX_SQL_DATABASE_SCHEMA: database.dialect === 'postgres' ? database.schema : null,
    PHOENIX_ENABLE_AUTH: auth.enabled,
    PHOENIX_SECRET: masked(auth.secret),
    BENNU_SECRET_PREVIOUS: auth.previousSecrets.map(() => MASK).join(' ') || null,
    PHOENIX_ADMIN_SECRET: masked(auth.adminSecret),
    PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: masked(auth.defaultAdminInitialPassword),
    PHOENIX_ADMINS: auth.admins.map(({ username, email }) => `${username}=${email}`).join(';') || null,
    PHOENIX_DISABLE_BASIC_AUTH: !auth.basicAuth,
    PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: auth.accessTokenMinutes,
    PHOENIX_REFRESH_TOKEN_EXPIRY_MINUTES: auth.refreshTokenMinutes,
    PHOENIX_PASSWORD_RESET_TOKEN_EXPIRY_MINUTES: auth.passwordResetMinutes,
    BENNU_INVITATION_EXPIRY_MINUTES: auth.invitationMinutes,
    PHOENIX_ENABLE_STRONG_PASSWORD_POLICY: auth.strongPasswords,
    BENNU_PASSWORD_MIN_LENGTH: auth.passwordMinLength,
    BENNU_PASSWORD_COMMON_CHECK: auth.commonPasswordCheck,
    BENNU_FORCED_RESET: auth.forcedReset,
    PHOENIX_USE_SECURE_COOKIES: cookies.secure,
    PHOENIX_COOKIES_PATH: cookies.path,
    PHOENIX_CSRF_TRUSTED_ORIGINS: edge.trustedHosts?.join(',') ?? null,
    PHOENIX_ALLOWED_ORIGINS: edge.allowedOrigins.join(','),
    PHOENIX_DISABLE_RATE_LIMIT: !limits.enabled,
    BENNU_RATE_LIMIT_LOGIN: describeRate(limits.login),
    BENNU_RATE_LIMIT_PASSWORD_RESET: describeRate(limits.passwordReset),
    BENNU_RATE_LIMIT_API: limits.api.map((limit) => `${limit.prefix}=${describeRate(limit)}`).join(','),
    PHOENIX_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION: auth.lockoutAfter === null,
    PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS: auth.lockoutAfter,
    ...providerLines(config.oauth2.providers),
    ...mailLines(mail),
    ...ldapLines(config.ldap),
    PHOENIX_MAX_SPANS_QUEUE_SIZE: ingest.maxQueuedSpans,
    BENNU_MAX_REQUEST_BYTES: ingest.maxRequestBytes,
    BENNU_MAX_INFLATED_BYTES: ingest.maxInflatedBytes,
    BENNU_MAX_INFLIGHT_BYTES: ingest.maxInflightBytes,
  }).map(([name, value]) => `${name}=${value === null ? '' : oneLine(String(value))}`)
}

function tlsLines(tls: Config['tls']): Record<string, string | boolean | null> {
  return {
    PHOENIX_TLS_ENABLED_FOR_HTTP: tls?.http ?? false,
    PHOENIX_TLS_ENABLED_FOR_GRPC: tls?.grpc ?? false,
    PHOENIX_TLS_CERT_FILE: tls?.certFile ?? null,
    PHOENIX_TLS_KEY_FILE: tls?.keyFile ?? null,
    PHOENIX_TLS_KEY_FILE_PASSWORD: masked(tls?.keyPassword ?? null),
    PHOENIX_TLS_VERIFY_CLIENT: (tls?.caFile ?? null) !== null,
    PHOENIX_TLS_CA_FILE: tls?.caFile ?? null,
  }
}

function providerLines(providers: readonly ProviderSettings[]): Record<string, string | boolean | null> {
  return Object.assign({}, ...providers.map(linesOfProvider))
}

/** The path of a client assertion is left out where it came through another variable. */
function linesOfProvider(one: ProviderSettings): Record<string, string | boolean | null> {
  const settings = {
    CLIENT_ID: one.clientId,
    CLIENT_SECRET: masked(one.clientSecret),
    OIDC_CONFIG_URL: one.discoveryUrl,
    DISPLAY_NAME: one.displayName,
    ALLOW_SIGN_UP: one.allowSignUp,
    AUTO_LOGIN: one.autoLogin,
    USE_PKCE: one.pkce === null ? null : one.pkce,
    TOKEN_ENDPOINT_AUTH_METHOD: one.tokenAuth,
    CLIENT_ASSERTION_FILE: one.assertionFile?.confidential ? MASK : (one.assertionFile?.path ?? null),
    SCOPES: one.scopes.join(' '),
    EMAIL_ATTRIBUTE_PATH: one.emailPath,
    GROUPS_ATTRIBUTE_PATH: one.groupsPath,
    ALLOWED_GROUPS: one.allowedGroups.join(',') || null,
    ROLE_ATTRIBUTE_PATH: one.rolePath,
    ROLE_MAPPING: one.roleMapping.map((pair) => pair.join(':')).join(',') || null,
    ROLE_ATTRIBUTE_STRICT: one.roleStrict,
    ROLE_RESYNC: one.roleResync,
  }
  const ours = {
    DEFAULT_ROLE: one.defaultRole,
    REDIRECT_PATH: one.redirectPath,
    LOGOUT: one.logoutAtProvider,
  }
  const named = (family: string, lines: Record<string, string | boolean | null>) =>
    Object.entries(lines).map(([suffix, value]) => [
      `${family}_OAUTH2_${one.name.toUpperCase()}_${suffix}`,
      value,
    ])
  return Object.fromEntries([...named('PHOENIX', settings), ...named('BENNU', ours)])
}

function mailLines(mail: Config['mail']): Record<string, string | number | boolean | null> {
  const name = mail?.from.name
  return {
    PHOENIX_SMTP_HOSTNAME: mail?.host ?? null,
    PHOENIX_SMTP_PORT: mail?.port ?? null,
    PHOENIX_SMTP_USERNAME: mail?.username ?? null,
    PHOENIX_SMTP_PASSWORD: masked(mail?.password ?? null),
    PHOENIX_SMTP_MAIL_FROM: mail ? (name ? `${name} <${mail.from.address}>` : mail.from.address) : null,
    PHOENIX_SMTP_VALIDATE_CERTS: mail?.validateCerts ?? null,
    BENNU_SECURITY_MAILS: mail?.securityMails ?? null,
  }
}

function ldapLines(ldap: Config['ldap']): Record<string, string | number | boolean | null> {
  if (!ldap) return { PHOENIX_LDAP_HOST: null }
  const { tls, bind, attributes, groupSearch } = ldap
  const mappings = ldap.roleMappings.map(({ group, role }) => ({ group_dn: group, role }))
  return {
    PHOENIX_LDAP_HOST: ldap.hosts.join(','),
    PHOENIX_LDAP_PORT: ldap.port,
    PHOENIX_LDAP_TLS_MODE: tls.mode,
    PHOENIX_LDAP_TLS_VERIFY: tls.verify,
    PHOENIX_LDAP_TLS_CA_CERT_FILE: tls.caFile,
    PHOENIX_LDAP_TLS_CLIENT_CERT_FILE: tls.certFile,
    PHOENIX_LDAP_TLS_CLIENT_KEY_FILE: tls.keyFile,
    PHOENIX_LDAP_BIND_DN: bind?.dn ?? null,
    PHOENIX_LDAP_BIND_PASSWORD: masked(bind?.password ?? null),
    PHOENIX_LDAP_USER_SEARCH_BASE_DNS: JSON.stringify(ldap.userBases),
    PHOENIX_LDAP_USER_SEARCH_FILTER: ldap.userFilter,
    PHOENIX_LDAP_ATTR_EMAIL: attributes.email,
    PHOENIX_LDAP_ATTR_DISPLAY_NAME: attributes.displayName,
    PHOENIX_LDAP_ATTR_MEMBER_OF: attributes.memberOf,
    PHOENIX_LDAP_ATTR_UNIQUE_ID: attributes.uniqueId,
    PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS: groupSearch ? JSON.stringify(groupSearch.bases) : null,
    PHOENIX_LDAP_GROUP_SEARCH_FILTER: groupSearch?.filter ?? null,
    PHOENIX_LDAP_GROUP_SEARCH_FILTER_USER_ATTR: groupSearch?.userAttribute ?? null,
    PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: JSON.stringify(mappings),
    PHOENIX_LDAP_ALLOW_SIGN_UP: ldap.allowSignUp,
    BENNU_LDAP_MAX_CONCURRENT: ldap.maxConcurrent,
    BENNU_LDAP_SYNC_MINUTES: ldap.syncMinutes,
  }
}

function describeRate({ count, windowMs }: Rate): string {
  return `${count}/${windowMs / 1000}s`
}

/** The database as a URL whose passwords are masked; a PostgreSQL schema is not part of it. */
function databaseUrl(database: DatabaseConfig): string {
  if (database.dialect === 'sqlite') return `sqlite:///${database.inMemory ? ':memory:' : database.file}`
  const user = database.user === null ? '' : encodeURIComponent(database.user)
  const password = database.password === null ? '' : `:${MASK}`
  const hosts = database.hosts.map(({ host, port }) => `${describeHost(host)}:${port}`).join(',')
  const at = user || password ? '@' : ''
  const query = parameters(database).join('&')
  return `postgresql://${user}${password}${at}${hosts}/${encodeURIComponent(database.database)}?${query}`
}

function describeHost(host: string): string {
  if (host.startsWith('/')) return encodeURIComponent(host)
  return host.includes(':') ? `[${host}]` : host
}

function parameters({ tls, ...database }: PostgresConfig): string[] {
  return Object.entries({
    sslmode: tls.mode,
    sslrootcert: tls.rootCertFile,
    sslcert: tls.certFile,
    sslkey: tls.keyFile,
    sslpassword: masked(tls.keyPassword),
    target_session_attrs: database.targetSessionAttrs,
    connect_timeout: database.connectTimeoutSeconds,
    application_name: database.applicationName,
    options: database.options,
  })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${encodeURIComponent(value as string | number).replaceAll('%2F', '/')}`)
}

/** What pages may know: nothing in it helps an attacker. */
export function publicConfig(config: Config): PublicConfig {
  const { auth, server, mail } = config
  return {
    authEnabled: auth.enabled,
    basicAuth: auth.basicAuth,
    passwordMinLength: auth.strongPasswords ? Math.max(12, auth.passwordMinLength) : auth.passwordMinLength,
    strongPasswords: auth.strongPasswords,
    mailEnabled: auth.enabled && auth.basicAuth && mail !== null,
    rootUrl: server.rootUrl,
    rootPath: server.rootPath,
    grpcPort: server.grpcPort,
    grpcTls: config.tls?.grpc ?? false,
  }
}

function masked(value: string | null): string | null {
  return value === null ? null : MASK
}

/** A value cannot start a line of its own. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
}
