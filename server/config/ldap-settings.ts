/** Signing in with a directory: PHOENIX_LDAP_HOST switches it on, the other variables of the family describe it. */
import { createSecureContext } from 'node:tls'
import { MAPPINGS, readBases, readHosts, readMappings } from '#server/config/ldap-lists'
import type { Config, LdapConfig } from '#server/config/model'
import { cleanValue, quoted, type Reader } from '#server/config/reader'
import { absolutePath, type Folders } from '#server/config/server-settings'
import { isDn } from '#server/ldap/dn'
import { filterFault } from '#server/ldap/filters'

const HOST = 'PHOENIX_LDAP_HOST'
const BIND_DN = 'PHOENIX_LDAP_BIND_DN'
const BIND_PASSWORD = 'PHOENIX_LDAP_BIND_PASSWORD'
const GROUP_FILTER = 'PHOENIX_LDAP_GROUP_SEARCH_FILTER'
const GROUP_BASES = 'PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS'
const UNIQUE_ID = 'PHOENIX_LDAP_ATTR_UNIQUE_ID'
const EMAIL = 'PHOENIX_LDAP_ATTR_EMAIL'
const SIGN_UP = 'PHOENIX_LDAP_ALLOW_SIGN_UP'

/** Whether people may sign in with a directory: what makes it safe to switch passwords off. */
export const hasDirectory = (reader: Reader) => reader.text(HOST) !== null

/** The directory, or null when none is set up. */
export function readLdap(
  reader: Reader,
  auth: Pick<Config['auth'], 'enabled' | 'admins'>,
  folders: Folders,
): LdapConfig | null {
  if (!hasDirectory(reader)) {
    refuseFragments(reader)
    return null
  }
  if (!auth.enabled) {
    reader.warn(
      `${HOST}: NOBODY SIGNS IN, with the directory or otherwise: authentication is off, and everybody who reaches the ports may ` +
        'read and change everything. Set PHOENIX_ENABLE_AUTH=true.',
    )
  }
  const tls = readTls(reader, folders)
  const ldap = {
    hosts: readHosts(reader, HOST),
    port: readPort(reader, tls.mode),
    tls,
    bind: readBind(reader),
    userBases: readUserBases(reader),
    userFilter:
      readFilter(reader, 'PHOENIX_LDAP_USER_SEARCH_FILTER') ?? '(&(objectClass=user)(sAMAccountName=%s))',
    attributes: readAttributes(reader),
    groupSearch: readGroupSearch(reader),
    roleMappings: readMappings(reader),
    allowSignUp: reader.bool(SIGN_UP, true),
    maxConcurrent: reader.integer('BENNU_LDAP_MAX_CONCURRENT', { fallback: 10, min: 1, max: 1000 }),
    syncMinutes: reader.decimal('BENNU_LDAP_SYNC_MINUTES', { fallback: 15, min: 0, max: 10_080 }),
  }
  if (
    ldap.bind === null &&
    ldap.syncMinutes > 0 &&
    !reader.isFaulty(BIND_DN) &&
    !reader.isFaulty(BIND_PASSWORD)
  ) {
    reader.warn(
      'BENNU_LDAP_SYNC_MINUTES: accounts are not compared with the directory, so that whoever leaves it keeps this server until an ' +
        `admin disables the account: that takes an account that may search. Set ${BIND_DN}, or this to 0.`,
    )
  }
  if (ldap.attributes.email === null) checkWithoutEmail(reader, ldap, auth)
  else if (ldap.attributes.uniqueId === null) warnAboutAddresses(reader)
  return ldap
}

/** The family without a host does nothing, and whoever wrote it believes that it does. */
function refuseFragments(reader: Reader): void {
  const set = Object.keys(reader.env)
    .filter((name) => /^(PHOENIX|BENNU)_LDAP_/.test(name))
    .filter((name) => cleanValue(reader.env[name] ?? '').value !== '')
    .sort()
  if (set.length === 0 || reader.isFaulty(HOST)) return
  reader.problem(
    `${HOST}: missing, and ${set.join(', ')} ${set.length === 1 ? 'needs' : 'need'} it: nobody could sign in with the directory. ` +
      'Set it to the name of the server, or remove the others.',
  )
}

function readPort(reader: Reader, mode: LdapConfig['tls']['mode']): number {
  return reader.integer('PHOENIX_LDAP_PORT', { fallback: mode === 'ldaps' ? 636 : 389, min: 1, max: 65_535 })
}

function readTls(reader: Reader, folders: Folders): LdapConfig['tls'] {
  const modes = { starttls: 'starttls', ldaps: 'ldaps', none: 'none' } as const
  const mode = reader.choice<LdapConfig['tls']['mode']>('PHOENIX_LDAP_TLS_MODE', modes, 'starttls')
  if (mode === 'none') {
    reader.warn(
      'PHOENIX_LDAP_TLS_MODE: none sends every password in clear text to the directory. Use starttls or ldaps.',
    )
  }
  const verify = reader.bool('PHOENIX_LDAP_TLS_VERIFY', true)
  if (!verify && mode !== 'none') {
    reader.warn(
      'PHOENIX_LDAP_TLS_VERIFY: whoever stands between this server and the directory can read every password. ' +
        'Set it to true, and name the authority in PHOENIX_LDAP_TLS_CA_CERT_FILE.',
    )
  }
  return { mode, verify, ...readFiles(reader, folders) }
}

const FILES = {
  caFile: 'PHOENIX_LDAP_TLS_CA_CERT_FILE',
  certFile: 'PHOENIX_LDAP_TLS_CLIENT_CERT_FILE',
  keyFile: 'PHOENIX_LDAP_TLS_CLIENT_KEY_FILE',
} as const

function readFiles(reader: Reader, folders: Folders): Pick<LdapConfig['tls'], keyof typeof FILES> {
  const path = (name: string) => {
    const written = reader.text(name)
    return written === null ? null : absolutePath(written, folders)
  }
  const files = { caFile: path(FILES.caFile), certFile: path(FILES.certFile), keyFile: path(FILES.keyFile) }
  demandBoth(reader, FILES.certFile, FILES.keyFile, 'or neither, to show the directory no certificate')
  const read = (file: keyof typeof FILES) =>
    files[file] === null ? null : reader.file(FILES[file], files[file])
  const [ca, cert, key] = [read('caFile'), read('certFile'), read('keyFile')]
  if (ca !== null && !isSound({ ca })) {
    reader.problem(
      `${FILES.caFile}: the file holds no certificates. Put those of the authorities there, as PEM.`,
    )
  }
  if (cert !== null && key !== null && !isSound({ cert, key })) {
    reader.problem(
      `${FILES.certFile}: its certificate and the key in ${FILES.keyFile} do not go together. Put a certificate and its ` +
        'unencrypted private key there, as PEM.',
    )
  }
  return files
}

function isSound(pem: { ca: string } | { cert: string; key: string }): boolean {
  try {
    createSecureContext(pem)
    // An authority that is none is skipped silently.
    return !('ca' in pem) || /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(pem.ca)
  } catch {
    return false
  }
}

function demandBoth(reader: Reader, one: string, other: string, orElse: string): void {
  for (const [missing, there] of [
    [one, other],
    [other, one],
  ] as const) {
    const isMissing = reader.secret(missing) === null && !reader.isFaulty(missing)
    if (isMissing && reader.secret(there) !== null) {
      reader.problem(`${missing}: missing, and ${there} is set. Set both, ${orElse}.`)
    }
  }
}

function readBind(reader: Reader): LdapConfig['bind'] {
  const dn = reader.text(BIND_DN)
  const password = reader.secret(BIND_PASSWORD)
  demandBoth(reader, BIND_DN, BIND_PASSWORD, 'or neither, to search without signing in')
  // Domain controllers take these two forms as well.
  const isName = dn !== null && (/^[^\s@]+@[^\s@]+$/.test(dn) || /^[\w.-]+\\[^\\]+$/.test(dn))
  if (dn !== null && !isName && !isDn(dn)) {
    reader.problem(
      `${BIND_DN}: ${quoted(BIND_DN, dn)} is no distinguished name. Write it like CN=svc-bennu,OU=Services,DC=example,DC=com.`,
    )
  }
  return dn === null || password === null ? null : { dn, password }
}

function readUserBases(reader: Reader): readonly string[] {
  const name = 'PHOENIX_LDAP_USER_SEARCH_BASE_DNS'
  const bases = readBases(reader, name)
  if (bases === null && !reader.isFaulty(name)) {
    reader.problem(
      `${name}: missing, and ${HOST} needs it. Say where people are, such as ["OU=People,DC=example,DC=com"].`,
    )
  }
  return bases ?? []
}

function readFilter(reader: Reader, name: string): string | null {
  const filter = reader.text(name)
  const fault = filter === null ? null : filterFault(filter)
  if (fault) reader.problem(`${name}: ${quoted(name, filter as string)} ${fault}`)
  return filter
}

function readAttributes(reader: Reader): LdapConfig['attributes'] {
  if (reader.env[EMAIL] === undefined) {
    reader.warn(
      `${EMAIL}: missing, so addresses are read from mail. Set it to mail, or to nothing if people have no addresses there.`,
    )
  }
  const email = attributeOr(reader, EMAIL, 'mail')
  return {
    email: email?.toLowerCase() === 'null' ? null : email,
    displayName: attributeOr(reader, 'PHOENIX_LDAP_ATTR_DISPLAY_NAME', 'displayName'),
    memberOf: attributeOr(reader, 'PHOENIX_LDAP_ATTR_MEMBER_OF', 'memberOf'),
    uniqueId: attribute(reader, UNIQUE_ID),
  }
}

/** Set to nothing is a word of its own: no such attribute. */
function attributeOr(reader: Reader, name: string, fallback: string): string | null {
  return reader.env[name] === undefined ? fallback : attribute(reader, name)
}

function attribute(reader: Reader, name: string): string | null {
  const written = reader.text(name)
  if (written === null || /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(written)) return written
  reader.problem(`${name}: ${quoted(name, written)} is no attribute. Write one name, such as mail.`)
  return null
}

function readGroupSearch(reader: Reader): LdapConfig['groupSearch'] {
  const attributeName = `${GROUP_FILTER}_USER_ATTR`
  const filter = readFilter(reader, GROUP_FILTER)
  const bases = readBases(reader, GROUP_BASES)
  const userAttribute = attribute(reader, attributeName)
  if (filter === null) {
    if (userAttribute !== null && !reader.isFaulty(GROUP_FILTER))
      reader.problem(
        `${attributeName}: ${GROUP_FILTER} is missing, and only there its value is put in. Set both, or remove it.`,
      )
    return null
  }
  if (bases === null && !reader.isFaulty(GROUP_BASES)) {
    reader.problem(
      `${GROUP_BASES}: missing, and ${GROUP_FILTER} needs it. Say where groups are, such as ["OU=Groups,DC=example,DC=com"].`,
    )
  }
  return { filter, bases: bases ?? [], userAttribute }
}

function warnAboutAddresses(reader: Reader): void {
  if (reader.isFaulty(UNIQUE_ID)) return
  reader.warn(
    `${UNIQUE_ID}: missing, so people are known by the address in their entry: whoever may write that can take over another ` +
      'account, and a new address makes a new one. Set it to objectGUID, entryUUID or nsUniqueId.',
  )
}

/** Without addresses an account can be known by its id alone, so it can only be made by signing in. */
function checkWithoutEmail(
  reader: Reader,
  ldap: Pick<LdapConfig, 'attributes' | 'allowSignUp'>,
  { admins }: Pick<Config['auth'], 'admins'>,
): void {
  if (reader.isFaulty(EMAIL)) return
  const because = `${EMAIL} says that people have no addresses`
  if (ldap.attributes.uniqueId === null && !reader.isFaulty(UNIQUE_ID)) {
    reader.problem(`${UNIQUE_ID}: missing, and ${because}. Set it to objectGUID, entryUUID or nsUniqueId.`)
  }
  if (!ldap.allowSignUp) {
    reader.problem(`${SIGN_UP}: false, and ${because}, so no account could be made before. Set it to true.`)
  }
  if (admins.length > 0) {
    reader.problem(
      `PHOENIX_ADMINS: ${because}, so these accounts would be nobody’s. Remove it, and map a group to ADMIN in ${MAPPINGS}.`,
    )
  }
}
