/** OpenLDAP's slapd, started by tests on free ports with a directory of their own. Needs no root. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import type { LdapConfig } from '#server/config/model'
import { canonicalDn } from '#server/ldap/dn'
import { type Certificate, makeAuthority, makeCertificate } from './certificates'
import { freePort } from './free-port'

const READY_MS = 15_000
export const SUFFIX = 'dc=example,dc=com'
export const PEOPLE = `ou=people,${SUFFIX}`
export const GROUPS = `ou=groups,${SUFFIX}`
const ADMIN_DN = `cn=admin,${SUFFIX}`
const ADMIN_PASSWORD = 'the directory admin'
/** The account that searches. */
export const SERVICE = { dn: `cn=service,${SUFFIX}`, password: 'a service password' }
/** The password of everybody who is given no other. */
export const PERSON_PASSWORD = 'a person’s password'

export interface DirectoryPerson {
  uid: string
  /** Common name; the uid when left out. */
  cn?: string
  mail?: string | string[]
  displayName?: string
  password?: string
  /** Where the entry lies; PEOPLE when left out. */
  base?: string
  /** Bytes of objectGUID. */
  guid?: Buffer
  sAMAccountName?: string
}

export interface SlapdOptions {
  people?: readonly DirectoryPerson[]
  /** Groups of names by their common name: the uids of their members. */
  groups?: Readonly<Record<string, readonly string[]>>
  /** POSIX groups by their common name: the uids of their members. */
  posixGroups?: Readonly<Record<string, readonly string[]>>
  /** What its certificate holds; `DNS:localhost` and `IP:127.0.0.1` when left out. */
  certificateNames?: string[]
  /** Whether clients must show a certificate of the same authority. */
  clientCertificates?: 'never' | 'demand'
}

export interface Slapd {
  /** For StartTLS and clear text. */
  port: number
  /** For TLS from the first byte. */
  tlsPort: number
  authority: Certificate
  /** The folder of its certificates; `makeCertificate` may put more there. */
  certificates: string
  dnOf(uid: string): string
  add(dn: string, attributes: Record<string, string | string[]>): Promise<void>
  /** Sets an attribute; an empty list removes it. */
  replace(dn: string, attribute: string, values: (string | Buffer)[]): Promise<void>
  remove(dn: string): Promise<void>
  /** What it has logged since the last call: one line an operation. */
  takeLog(): Promise<string[]>
  stop(): Promise<void>
}

const folders = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/lib/openldap']
const program = (name: string) => {
  const found = folders().find((folder) => existsSync(join(folder, name)))
  if (!found) throw new Error(`${name} is not installed: apt-get install slapd`)
  return join(found, name)
}

/**
 * Fills a directory and serves it.
 * @throws Error when slapd is not installed or does not come up
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-slapd-'))
  const { authority, config } = writeConfig(folder, options)
  const ldif = join(folder, 'people.ldif')
  writeFileSync(ldif, [...skeleton(), ...(options.people ?? []).map(personLdif)].join('\n\n'))
  execFileSync(program('slapadd'), ['-q', '-f', config, '-l', ldif], { stdio: 'pipe' })
  const [port, tlsPort] = [await freePort(), await freePort()]
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
  const child = spawn(program('slapd'), ['-f', config, '-h', urls, '-d', 'stats'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilItListens(port, child)
    const slapd = { port, tlsPort, authority, certificates: folder, ...administration(port, log), stop }
    await addGroups(slapd, options)
    await slapd.takeLog()
    return slapd
  } catch (error) {
    await stop()
    throw new Error(`slapd did not come up: ${log.join('').slice(-1000)}`, { cause: error })
  }
}

function writeConfig(folder: string, options: SlapdOptions) {
  const { certificateNames = ['DNS:localhost', 'IP:127.0.0.1'], clientCertificates = 'never' } = options
  const authority = makeAuthority(folder)
  const own = makeCertificate(folder, authority, { name: 'slapd', alternativeNames: certificateNames })
  mkdirSync(join(folder, 'db'))
  const config = join(folder, 'slapd.conf')
  const text = `
${['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY MAY ( sAMAccountName $ objectGUID ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${authority.certFile}
TLSCertificateFile ${own.certFile}
TLSCertificateKeyFile ${own.keyFile}
TLSVerifyClient ${clientCertificates}
sizelimit 500
database mdb
suffix "${SUFFIX}"
rootdn "${ADMIN_DN}"
rootpw "${ADMIN_PASSWORD}"
directory ${folder}/db
maxsize 67108864
dbnosync
index objectClass,uid,cn,mail,member,memberUid,sAMAccountName,objectGUID,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by * read
overlay memberof
overlay ppolicy
ppolicy_default "cn=policy,${SUFFIX}"
`
  writeFileSync(config, text)
  return { authority, config }
}

const skeleton = () => [
  `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example`,
  `dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: people`,
  `dn: ${GROUPS}\nobjectClass: organizationalUnit\nou: groups`,
  `dn: ou=contractors,${SUFFIX}\nobjectClass: organizationalUnit\nou: contractors`,
  `dn: ${SERVICE.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: service\nuserPassword: ${SERVICE.password}`,
  // Locks only where `pwdAccountLockedTime` is set by hand, whatever fails.
  `dn: cn=policy,${SUFFIX}\nobjectClass: organizationalRole\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 0`,
]

const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64')

function personLdif(person: DirectoryPerson): string {
  const {
    uid,
    cn = uid,
    base = PEOPLE,
    guid,
    displayName,
    sAMAccountName,
    password = PERSON_PASSWORD,
  } = person
  const mails = person.mail === undefined ? [] : [person.mail].flat()
  const lines = [
    `dn:: ${base64(`uid=${escapeDnValue(uid)},${base}`)}`,
    ...['inetOrgPerson', 'user'].map((name) => `objectClass: ${name}`),
    `uid:: ${base64(uid)}`,
    `cn:: ${base64(cn)}`,
    `sn:: ${base64(cn)}`,
    `userPassword:: ${base64(password)}`,
    ...mails.map((mail) => `mail:: ${base64(mail)}`),
  ]
  if (displayName !== undefined) lines.push(`displayName:: ${base64(displayName)}`)
  if (sAMAccountName !== undefined) lines.push(`sAMAccountName:: ${base64(sAMAccountName)}`)
  if (guid) lines.push(`objectGUID:: ${base64(guid)}`)
  return lines.join('\n')
}

/** A value as it stands in a DN (RFC 4514 2.4). */
export const escapeDnValue = (value: string) =>
  value.replace(/["+,;<>\\=#]/g, '\\$&').replace(/^ | $/g, '\\ ')

const dnOf = (uid: string) => `uid=${escapeDnValue(uid)},${PEOPLE}`

/** Through the running server, so that it keeps `memberOf` itself. */
async function addGroups(slapd: Pick<Slapd, 'add'>, { groups = {}, posixGroups = {} }: SlapdOptions) {
  for (const [cn, uids] of Object.entries(groups)) {
    const attributes = { objectClass: 'groupOfNames', cn, member: uids.map(dnOf) }
    await slapd.add(`cn=${escapeDnValue(cn)},${GROUPS}`, attributes)
  }
  let gidNumber = 5000
  for (const [cn, uids] of Object.entries(posixGroups)) {
    gidNumber += 1
    const attributes = { objectClass: 'posixGroup', cn, gidNumber: `${gidNumber}`, memberUid: [...uids] }
    await slapd.add(`cn=${escapeDnValue(cn)},${GROUPS}`, attributes)
  }
}

function administration(port: number, log: string[]) {
  const asAdmin = async (work: (client: Client) => Promise<void>) => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 10_000 })
    try {
      await client.bind(ADMIN_DN, ADMIN_PASSWORD)
      await work(client)
    } finally {
      await client.unbind()
    }
  }
  return {
    dnOf,
    add: (dn: string, attributes: Record<string, string | string[]>) =>
      asAdmin((client) => client.add(dn, attributes)),
    replace: (dn: string, type: string, values: (string | Buffer)[]) => {
      const modification = new Attribute({ type, values: values.map(String) })
      if (values.some(Buffer.isBuffer)) modification.values = values.map((value) => Buffer.from(value))
      return asAdmin((client) => client.modify(dn, new Change({ operation: 'replace', modification })))
    },
    remove: (dn: string) => asAdmin((client) => client.del(dn)),
    takeLog: () => takeLog(log),
  }
}

/** The end of a connection may be logged after the log of what it did was taken. */
export const isEndOfConnection = (line: string) => / (UNBIND|closed)\b/.test(line)

/** What was logged is read a moment after it happened. */
async function takeLog(log: string[]): Promise<string[]> {
  let before = -1
  while (before !== log.length) {
    before = log.length
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  return (
    log
      .splice(0)
      .join('')
      // A line that is too long is cut off, its end included; each begins with a time.
      .split(/\n|(?=\b[0-9a-f]{8}\.[0-9a-f]{8} 0x)/)
      .filter((line) => line.includes('conn='))
  )
}

async function untilItListens(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_MS
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`slapd ended with ${child.exitCode}`)
    if (Date.now() > until) throw new Error('slapd does not listen')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await ended
  clearTimeout(timer)
}

/** Settings for this directory: StartTLS, the service account, people by uid, `admins` and `users` by memberOf. */
export function ldapSettings(slapd: Slapd, overrides: Partial<LdapConfig> = {}): LdapConfig {
  return {
    hosts: ['127.0.0.1'],
    port: slapd.port,
    tls: {
      mode: 'starttls',
      verify: true,
      caFile: slapd.authority.certFile,
      certFile: null,
      keyFile: null,
    },
    bind: SERVICE,
    userBases: [PEOPLE],
    userFilter: '(&(objectClass=inetOrgPerson)(uid=%s))',
    attributes: { email: 'mail', displayName: 'displayName', memberOf: 'memberOf', uniqueId: null },
    groupSearch: null,
    roleMappings: [mapping('admins', 'ADMIN'), mapping('users', 'MEMBER')],
    allowSignUp: true,
    maxConcurrent: 10,
    syncMinutes: 0,
    ...overrides,
  }
}

/** A mapping of one of this directory's groups. */
export function mapping(cn: string, role: LdapConfig['roleMappings'][number]['role']) {
  const group = `cn=${escapeDnValue(cn)},${GROUPS}`
  const key = canonicalDn(group)
  if (key === null) throw new Error(`No DN: ${group}`)
  return { group, key, role }
}
