/** A real nginx in front of our servers, with configurations as they are printed somewhere. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAuthority, makeCertificate } from '../../test/certificates'
import { freePort } from '../../test/free-port'

const PATIENCE_MS = 10_000

/** One `server { … }` block, and what its addresses stand for here. */
export interface Site {
  block: string
  /** The port of the server that the block names as its upstream. */
  upstreamPort: number
  /** What the block's `/bennu` becomes. */
  rootPath?: string
}

export interface Nginx {
  /** The port of each site, in their order; https, unless its block speaks no TLS. */
  readonly ports: readonly number[]
  /** The authority that signed the certificates, in PEM. */
  readonly authority: Buffer
  stop(): Promise<void>
}

/** The nginx blocks of docs/proxy.md, in their order there. */
export function documentedBlocks(): string[] {
  const text = readFileSync(new URL('../../docs/proxy.md', import.meta.url), 'utf8')
  return [...text.matchAll(/^```nginx\n(.*?)^```$/gms)].map((match) => match[1] as string)
}

/**
 * Starts nginx with these blocks. Ports, certificates and the upstream are put in; everything else stays as printed.
 * @throws Error with nginx's words when it does not start
 */
export async function startNginx(sites: readonly Site[]): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-nginx-'))
  const authority = makeAuthority(folder)
  const certificate = makeCertificate(folder, authority, {
    name: 'proxy',
    alternativeNames: ['DNS:localhost'],
  })
  const ports = await Promise.all(sites.map(() => freePort()))
  const blocks = sites.map((site, index) => settle(site, ports[index] as number, certificate))
  writeFileSync(join(folder, 'nginx.conf'), whole(folder, blocks))
  const { child, said } = run(folder)
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const port of ports) await untilOpen(port, child)
  } catch (error) {
    await stop()
    throw new Error(`nginx did not start:\n${said()}`, { cause: error })
  }
  return { ports, authority: readFileSync(authority.certFile), stop }
}

function settle(
  site: Site,
  port: number,
  { certFile, keyFile }: { certFile: string; keyFile: string },
): string {
  return site.block
    .replace(/listen \d+/, `listen 127.0.0.1:${port}`)
    .replace(/(ssl_certificate) [^;]+;/, `$1 ${certFile};`)
    .replace(/(ssl_certificate_key) [^;]+;/, `$1 ${keyFile};`)
    .replace(/(proxy_pass http|grpc_pass grpc):\/\/[\w.]+:\d+/, `$1://127.0.0.1:${site.upstreamPort}`)
    .replace('location /bennu/', `location ${site.rootPath ?? '/bennu'}/`)
}

function whole(folder: string, blocks: readonly string[]): string {
  const stores = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  return [
    process.getuid?.() === 0 ? 'user root;' : '',
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr warn;',
    'events {}',
    `http {\naccess_log off;\n${stores.join('\n')}\n${blocks.join('\n')}\n}`,
  ].join('\n')
}

function run(folder: string): { child: ChildProcess; said: () => string } {
  const program = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx'
  const child = spawn(program, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr?.on('data', (chunk) => {
    text += chunk
  })
  child.on('error', (error) => {
    text += String(error)
  })
  const endNow = () => void child.kill('SIGTERM')
  process.once('exit', endNow)
  child.once('close', () => process.off('exit', endNow))
  return { child, said: () => text }
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await isOpen(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`nobody listens on ${port}`)
    await sleep(20)
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.kill('SIGTERM')
  })
}
