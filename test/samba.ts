/**
 * Samba as a domain controller of Active Directory, started by tests on a loopback address of its own: its ports (389
 * and 636) cannot be chosen. Needs root, as those ports do.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Attribute, Change, Client } from 'ldapts'
import { makeAuthority, makeCertificate } from './certificates'

const run = promisify(execFile)
const READY_MS = 30_000

/** The password of every account made here, good enough for the domain's own policy. */
export const SAMBA_PASSWORD = 'Directory-Pass-7'
/** The account that searches. */
export const SAMBA_SERVICE = 'bennu-search'

export interface Samba {
  /** The loopback address it listens on, on ports 389 and 636. */
  host: string
  baseDn: string
  /** `ada` of the users' container as a DN. */
  dnOf(name: string): string
  /** The authority that signed its certificate, which holds the address and no name. */
  caFile: string
  /** `samba-tool` with these arguments, on this domain. */
  tool(...args: string[]): Promise<string>
  /** Puts a value in the place of what an attribute of an entry holds, as the domain's administrator. */
  replace(dn: string, attribute: string, value: string): Promise<void>
  /** An account with SAMBA_PASSWORD, in these groups. */
  addUser(name: string, options?: { groups?: string[]; given?: string; surname?: string }): Promise<void>
  addGroup(name: string, members?: string[]): Promise<void>
  stop(): Promise<void>
}

/**
 * Makes a domain and serves it.
 * @throws Error when Samba is not installed, this is not root, or it does not come up
 */
export async function startSamba(): Promise<Samba> {
  if (process.getuid?.() !== 0) throw new Error('Samba listens on port 389, and only root may')
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
  return { host, caFile, stop, ...managing({ host, caFile, config }) }
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

function managing({ host, caFile, config }: { host: string; caFile: string; config: string }) {
  const baseDn = 'DC=corp,DC=example,DC=com'
  const tool = async (...args: string[]) => (await run('samba-tool', [...args, '-s', config])).stdout
  const dnOf = (name: string) => `CN=${name},CN=Users,${baseDn}`
  const replace = async (dn: string, attribute: string, value: string) => {
    const client = new Client({
      url: `ldaps://${host}`,
      tlsOptions: { ca: readFileSync(caFile) },
      timeout: 10_000,
    })
    try {
      await client.bind(dnOf('Administrator'), SAMBA_PASSWORD)
      const modification = new Attribute({ type: attribute, values: [value] })
      await client.modify(dn, new Change({ operation: 'replace', modification }))
    } finally {
      await client.unbind()
    }
  }
  return {
    baseDn,
    tool,
    replace,
    dnOf,
    async addUser(
      name: string,
      { groups = [], given, surname }: { groups?: string[]; given?: string; surname?: string } = {},
    ) {
      const mail = `${name}@corp.example.com`
      const names = [
        ...(given ? [`--given-name=${given}`] : []),
        ...(surname ? [`--surname=${surname}`] : []),
      ]
      await tool('user', 'create', name, SAMBA_PASSWORD, `--mail-address=${mail}`, ...names)
      for (const group of groups) await tool('group', 'addmembers', group, name)
    },
    async addGroup(name: string, members: string[] = []) {
      await tool('group', 'add', name)
      if (members.length > 0) await tool('group', 'addmembers', name, members.join(','))
    },
  }
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
