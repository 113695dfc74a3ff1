/** The shape of the parsed configuration. Built by `parseConfig` alone and frozen. */

import type { ProviderSettings } from '#server/oidc/model'
import type { Role } from '#server/permissions'

/** TLS of the connection to PostgreSQL, after libpq's `sslmode` words. */
export interface DatabaseTls {
  mode: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  rootCertFile: string | null
  certFile: string | null
  keyFile: string | null
  keyPassword: string | null
}

export interface SqliteConfig {
  dialect: 'sqlite'
  /** Absolute path. For `:memory:` the supervisor puts a private temporary file here. */
  file: string
  /** True when the operator asked for `sqlite:///:memory:`: the file is removed at exit. */
  inMemory: boolean
}

export interface PostgresConfig {
  dialect: 'postgres'
  hosts: { host: string; port: number }[]
  user: string | null
  password: string | null
  database: string
  schema: string | null
  tls: DatabaseTls
  /** Further driver settings from the URL: application_name, connect_timeout (seconds), options, … */
  applicationName: string | null
  connectTimeoutSeconds: number
  options: string | null
  targetSessionAttrs: string | null
}

export type DatabaseConfig = SqliteConfig | PostgresConfig

export type AuthConfig =
  | { enabled: false; secret: string | null; previousSecrets: readonly string[] }
  | { enabled: true; secret: string; previousSecrets: readonly string[] }

/** The server that takes our mails, and how they are sent. */
export interface MailConfig {
  host: string
  port: number
  /** Null together with the password: the relay lets us in without. */
  username: string | null
  password: string | null
  from: { name: string; address: string }
  validateCerts: boolean
  /** Whether people hear of a changed password and admins of a new system key. */
  securityMails: boolean
}

/** The directory that people may sign in with. */
export interface LdapConfig {
  /** Names or addresses, in the order in which they are asked. */
  hosts: readonly string[]
  port: number
  /** Paths are absolute; the files are read anew when they change. */
  tls: {
    mode: 'starttls' | 'ldaps' | 'none'
    verify: boolean
    caFile: string | null
    certFile: string | null
    keyFile: string | null
  }
  /** The account that searches; null to search without signing in. */
  bind: { dn: string; password: string } | null
  userBases: readonly string[]
  /** `%s` stands for the name that somebody types. */
  userFilter: string
  /** Names of attributes; null for what is not asked for. Without an address people are known by `uniqueId` alone. */
  attributes: {
    email: string | null
    displayName: string | null
    memberOf: string | null
    uniqueId: string | null
  }
  /** Null when a person's own entry names the groups. */
  groupSearch: { filter: string; bases: readonly string[]; userAttribute: string | null } | null
  /** The first whose group somebody is in decides. */
  roleMappings: readonly RoleMapping[]
  allowSignUp: boolean
  /** Sign-ins at a time; the others wait. */
  maxConcurrent: number
  /** How often accounts are compared with the directory; 0 for never. */
  syncMinutes: number
}

/** Who of a group, or everybody (`*`), gets which role. */
export interface RoleMapping {
  /** As the operator wrote it. */
  group: string
  /** As it is compared (see server/ldap/dn.ts), or `*`. */
  key: string
  role: Role
}

/** TLS on our own ports: one certificate for all that have it. Paths are absolute. */
export interface TlsConfig {
  /** Pages, REST and OTLP over HTTP on every port. */
  http: boolean
  grpc: boolean
  certFile: string
  keyFile: string
  keyPassword: string | null
  /** Authorities of client certificates, which are demanded then; null to demand none. */
  caFile: string | null
}

/** A port that the server can do without: if somebody else has it, that is an error only when the operator chose it. */
export interface OptionalPort {
  port: number
  /** Whether the operator wrote it down. */
  chosen: boolean
}

/** So many requests in any stretch of time of this length. */
export interface Rate {
  count: number
  windowMs: number
}

/** A limit for a path and everything below it. */
export interface ApiLimit extends Rate {
  prefix: string
}

export interface Config {
  server: {
    host: string
    port: number
    grpcPort: number
    /** Where the collector speaks OTLP over HTTP; port 0 is nowhere. */
    otlpHttp: OptionalPort
    /** PHOENIX_HOST_ROOT_PATH: what every path begins with outside; empty at the root of a host. */
    rootPath: string
    /** PHOENIX_ROOT_URL with the prefix and without a trailing slash, or null. */
    rootUrl: string | null
    /** PHOENIX_MANAGEMENT_URL, or null: see server/users/management-link.ts for who sees it. */
    managementUrl: string | null
    workingDir: string
    /** Peers whose forwarded headers are believed: addresses, CIDR ranges or `*`. */
    forwardedAllowIps: readonly string[]
  }
  /** Null when every port speaks clear text. */
  tls: TlsConfig | null
  log: { level: 'debug' | 'info' | 'warn' | 'error' | 'fatal'; structured: boolean }
  /** The listener for Prometheus; port 0 lets the system choose. */
  metrics: OptionalPort & { enabled: boolean; host: string }
  database: DatabaseConfig
  auth: AuthConfig & {
    adminSecret: string | null
    /** Whether people may sign in with a password: false with PHOENIX_DISABLE_BASIC_AUTH. */
    basicAuth: boolean
    /** PHOENIX_ADMINS: admins whose accounts are made at start; addresses in small letters. */
    admins: readonly { username: string; email: string }[]
    defaultAdminInitialPassword: string
    accessTokenMinutes: number
    refreshTokenMinutes: number
    passwordMinLength: number
    strongPasswords: boolean
    commonPasswordCheck: boolean
    /** How long the link in a reset mail works. */
    passwordResetMinutes: number
    /** How long the link in an invitation works. */
    invitationMinutes: number
    /** Who insists on a forced password reset: the server, or the pages only. */
    forcedReset: 'server' | 'ui'
    /** After so many failures in a row a name is locked for a while; null for never. */
    lockoutAfter: number | null
  }
  /** Identity providers of the environment, by name; empty while authentication is off. */
  oauth2: { providers: readonly ProviderSettings[] }
  cookies: { secure: boolean; path: string }
  /** How often one address may come; the limits that are no settings are in server/limits/limits.ts. */
  limits: {
    /** False with PHOENIX_DISABLE_RATE_LIMIT. */
    enabled: boolean
    login: Rate
    passwordReset: Rate
    api: readonly ApiLimit[]
  }
  edge: {
    /** PHOENIX_CSRF_TRUSTED_ORIGINS as host names; null when it is not set. */
    trustedHosts: readonly string[] | null
    /** PHOENIX_ALLOWED_ORIGINS: origins, or `*` alone; empty when it is not set. */
    allowedOrigins: readonly string[]
  }
  /** Null while no mail is sent. */
  mail: MailConfig | null
  /** Null while nobody signs in with a directory. */
  ldap: LdapConfig | null
  ingest: {
    /** Spans decoded and not yet committed, per process. */
    maxQueuedSpans: number
    /** Largest request on the wire, in bytes. */
    maxRequestBytes: number
    /** Largest request once inflated, in bytes. */
    maxInflatedBytes: number
    /** Bytes of all requests in flight, per process. */
    maxInflightBytes: number
  }
}

/** What `parseConfig` found besides a configuration. */
export interface ConfigReport {
  config: Config
  /** Sentences for the operator; the server starts. */
  warnings: string[]
}

/** The part of the configuration that pages get. */
export interface PublicConfig {
  authEnabled: boolean
  /** Whether people may sign in with a password. */
  basicAuth: boolean
  /** The shortest password that is accepted, the strong policy counted in. */
  passwordMinLength: number
  strongPasswords: boolean
  /** Whether a lost password can be replaced by mail. */
  mailEnabled: boolean
  /** The address people reach this server at, when the operator said so. */
  rootUrl: string | null
  /** Path prefix of every link. */
  rootPath: string
  grpcPort: number
  grpcTls: boolean
}
