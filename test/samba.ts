/**
 * Samba as a domain controller of Active Directory, started by tests on a loopback address of its own: its ports (389
 * and 636) cannot be chosen. Needs root, as those ports do.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import { makeAuthority, makeCertificate } from './certificates'

const READY_MS = 30_000

/** The password of every account made here, good enough for the domain's own policy. */
export const SAMBA_PASSWORD = 'Directory-Pass-7'

export interface Samba {
  /** The loopback address it listens on, on ports 389 and 636. */
  host: string
  baseDn: string
  /** A name of the users' container as a DN; what is special in a DN must be escaped. */
  dnOf(name: string): string
  /** The authority that signed its certificate, which holds the address and no name. */
  caFile: string
  /** An account with SAMBA_PASSWORD and the address `<name>@corp.example.com`. */
  addUser(name: string, displayName?: string): Promise<void>
  /** A group with these users or groups in it. */
  addGroup(name: string, members?: string[]): Promise<void>
  /** Puts values in the place of what an attribute of an entry holds. */
  replace(dn: string, attribute: string, ...values: string[]): Promise<void>
  remove(dn: string): Promise<void>
  stop(): Promise<void>
}

/** Why there can be no Samba here; null where there can. */
export function findSamba(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin']
  const isThere = (name: string) => folders.some((folder) => existsSync(join(folder, name)))
  if (!['samba', 'samba-tool'].every(isThere))
    return 'Samba is not installed: apt-get install samba and samba-ad-provision'
  return process.getuid?.() === 0 ? null : 'Samba listens on port 389, and only root may'
}

/**
 * Makes a domain and serves it.
 * @throws Error when Samba is not installed, this is not root, or it does not come up
 */
export async function startSamba(): Promise<Samba> {
  const reason = findSamba()
  if (reason !== null) throw new Error(reason)
  const folder = mkdtempSync(join(tmpdir(), 'bennu-samba-'))
  const host = `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(2, 255)}`
  const caFile = provision(folder, host)
  const config = join(folder, 'etc', 'smb.conf')
  const child = spawn('samba', ['-s', config, '-i', '-M', 'single'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => said.push(`${data}`))
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilItListens(host, child)
  } catch (error) {
    await stop()
    throw new Error(`Samba did not come up: ${said.join('').slice(-2_000)}`, { cause: error })
  }
  return { host, caFile, stop, ...managing(host, caFile) }
}

/** Makes the domain's files and its certificate; the authority's file. */
function provision(folder: string, host: string): string {
  execFileSync(
    'samba-tool',
    [
      ...['domain', 'provision', '--realm=CORP.EXAMPLE.COM', '--domain=CORP', '--server-role=dc'],
      ...[
        '--dns-backend=NONE',
        `--adminpass=${SAMBA_PASSWORD}`,
        `--targetdir=${folder}`,
        `--host-ip=${host}`,
      ],
      ...['--option=interfaces=lo', '--option=bind interfaces only=yes'],
      '--option=vfs objects=dfs_samba4 acl_xattr xattr_tdb',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const authority = makeAuthority(folder)
  const pair = makeCertificate(folder, authority, { name: 'dc1', alternativeNames: [`IP:${host}`] })
  chmodSync(pair.keyFile, 0o600)
  const config = join(folder, 'etc', 'smb.conf')
  const own = [
    ...[
      `interfaces = ${host}/8`,
      'bind interfaces only = yes',
      'server services = ldap',
      `pid directory = ${folder}`,
    ],
    ...[
      `tls keyfile = ${pair.keyFile}`,
      `tls certfile = ${pair.certFile}`,
      `tls cafile = ${authority.certFile}`,
    ],
  ]
  const kept = readFileSync(config, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(interfaces|bind interfaces only|server services|pid directory|tls )/.test(line))
  writeFileSync(config, kept.join('\n').replace('[global]', ['[global]', ...own].join('\n\t')))
  return authority.certFile
}

/** As the domain's administrator, over the directory itself: a program for each change would take a second. */
function managing(host: string, caFile: string): Omit<Samba, 'host' | 'caFile' | 'stop'> {
  const baseDn = 'DC=corp,DC=example,DC=com'
  const dnOf = (name: string) => `CN=${name},CN=Users,${baseDn}`
  const asAdministrator = async (work: (client: Client) => Promise<void>) => {
    const tlsOptions = { ca: readFileSync(caFile) }
    const client = new Client({ url: `ldaps://${host}`, tlsOptions, timeout: 20_000 })
    try {
      await client.bind(dnOf('Administrator'), SAMBA_PASSWORD)
      await work(client)
    } finally {
      await client.unbind()
    }
  }
  const add = (dn: string, values: Record<string, string | string[] | Buffer>) =>
    asAdministrator((client) => client.add(dn, Object.entries(values).map(attribute)))
  return {
    baseDn,
    dnOf,
    addUser: (name, displayName = name) =>
      add(dnOf(name), {
        objectClass: 'user',
        sAMAccountName: name,
        displayName,
        mail: `${name}@corp.example.com`,
        userPrincipalName: `${name}@corp.example.com`,
        userAccountControl: '512',
        unicodePwd: Buffer.from(`"${SAMBA_PASSWORD}"`, 'utf16le'),
      }),
    addGroup: (name, members = []) => {
      const sAMAccountName = name.replaceAll(/[\\,]/g, '')
      return add(dnOf(name), { objectClass: 'group', sAMAccountName, member: members.map(dnOf) })
    },
    replace: (dn, type, ...values) => {
      const modification = new Attribute({ type, values })
      return asAdministrator((client) =>
        client.modify(dn, new Change({ operation: 'replace', modification })),
      )
    },
    remove: (dn) => asAdministrator((client) => client.del(dn)),
  }
}

function attribute([type, value]: [string, string | string[] | Buffer]): Attribute {
  const values = Buffer.isBuffer(value) ? [value] : [value].flat()
  return new Attribute({ type, values: values as string[] })
}

async function untilItListens(host: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_MS
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`)
    if (await answers(host)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('nothing listens on its port 389')
}

function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 389 })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
