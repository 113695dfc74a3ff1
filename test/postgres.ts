/** A PostgreSQL server of our own, for tests: a temporary folder, a free port of 127.0.0.1, gone at the end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port'
import { requirePostgres } from './postgres-install'
import { isAlive, tryKill } from './program'

const USER = 'postgres'
const START_PATIENCE_MS = 30_000

export interface PostgresOptions {
  /** Further settings, such as `ssl: 'on'`. */
  settings?: Record<string, string>
  /** Lines of pg_hba.conf for TCP; everybody on 127.0.0.1 is trusted when left out. */
  hba?: string[]
  /** Called with the data folder between `initdb` and the first start. */
  prepare?: (dataFolder: string, owner: { uid: number; gid: number } | null) => void
}

export interface PostgresServer {
  readonly port: number
  readonly socketFolder: string
  /** Whom its files belong to; null for ourselves. */
  readonly owner: { uid: number; gid: number } | null
  /** The URL of a database of this server. */
  url(database: string): string
  /** Makes an empty database, or a copy of another, and returns its name. */
  createDatabase(options?: { template?: string }): Promise<string>
  dropDatabase(name: string): Promise<void>
  /** Runs SQL as the superuser. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>
  /**
   * Ends it: SIGQUIT ends every process at once, as a crash would; SIGKILL does it without their knowing; SIGINT is an
   * orderly shutdown that ends connections.
   */
  kill(signal?: 'SIGQUIT' | 'SIGKILL' | 'SIGINT'): Promise<void>
  /** Starts again after `kill`, on the same port with the same data. */
  start(): Promise<void>
  /** Freezes every process of the server, and lets them go on. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** @throws Error when PostgreSQL is neither there nor can be installed, or does not start */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = requirePostgres()
  const owner = unprivilegedOwner()
  const home = mkdtempSync(join(tmpdir(), 'bennu-postgres-'))
  if (owner) chownSync(home, owner.uid, owner.gid)
  chmodSync(home, 0o755)
  const data = join(home, 'data')
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    {
      ...owner,
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (options.hba)
    writeFileSync(join(data, 'pg_hba.conf'), ['local all all trust', ...options.hba, ''].join('\n'))
  options.prepare?.(data, owner)
  const server = new Server(bin, home, owner, await freePort(), options)
  await server.start()
  return server
}

/** PostgreSQL refuses to run as root. */
function unprivilegedOwner(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const number = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: number('-u'), gid: number('-g') }
}

class Server implements PostgresServer {
  #process: ChildProcess | null = null
  #watcher: ChildProcess | null = null
  #databases = 0
  readonly #bin: string
  readonly #home: string
  readonly owner: { uid: number; gid: number } | null
  readonly #options: PostgresOptions

  constructor(
    bin: string,
    home: string,
    owner: { uid: number; gid: number } | null,
    readonly port: number,
    options: PostgresOptions,
  ) {
    this.#bin = bin
    this.#home = home
    this.owner = owner
    this.#options = options
  }

  get socketFolder(): string {
    return this.#home
  }

  url(database: string): string {
    return `postgresql://${USER}@127.0.0.1:${this.port}/${database}`
  }

  async start(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      fsync: 'off',
      full_page_writes: 'off',
      max_connections: '300',
      ...this.#options.settings,
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#process = spawn(
      join(this.#bin, 'postgres'),
      ['-D', join(this.#home, 'data'), '-p', String(this.port), '-k', this.#home, ...flags],
      { ...this.owner, cwd: this.#home, stdio: process.env.TEST_POSTGRES_LOG ? 'inherit' : 'ignore' },
    )
    this.#watcher = watch(this.#process.pid ?? 0, this.#home)
    await this.#untilReady()
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + START_PATIENCE_MS
    for (;;) {
      try {
        await this.query('select 1')
        return
      } catch (cause) {
        if (this.#process?.exitCode != null) throw new Error('PostgreSQL did not start', { cause })
        if (Date.now() > deadline) throw new Error('PostgreSQL did not answer in time', { cause })
      }
      await sleep(50)
    }
  }

  async query(sql: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.socketFolder, port: this.port, user: USER, database })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  async createDatabase({ template = 'template0' } = {}): Promise<string> {
    this.#databases += 1
    const name = `test_${process.pid}_${Date.now().toString(36)}_${this.#databases}`
    await this.query(`create database ${name} template ${template}`)
    return name
  }

  async dropDatabase(name: string): Promise<void> {
    await this.query(`drop database if exists ${name} with (force)`)
  }

  async kill(signal: 'SIGQUIT' | 'SIGKILL' | 'SIGINT' = 'SIGQUIT'): Promise<void> {
    // Nobody is left to tell the server's other processes.
    const others = signal === 'SIGKILL' ? this.#pids().slice(1) : []
    await this.#end(signal)
    for (const pid of others) await untilGone(pid)
  }

  pause(): void {
    this.#signalAll('SIGSTOP')
  }

  resume(): void {
    this.#signalAll('SIGCONT')
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const pid of this.#pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // A connection's process may have ended by itself meanwhile.
      }
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT')
    rmSync(this.#home, { recursive: true, force: true })
  }

  #pids(): number[] {
    const pid = this.#process?.pid
    if (!pid) return []
    const children = execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children`], { encoding: 'utf8' })
    return [pid, ...children.split(/\s+/).filter(Boolean).map(Number)]
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.#watcher?.kill('SIGKILL')
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await exited
  }
}

/** SIGKILL, and a wait: the server would not start while one of its processes has its memory open. */
async function untilGone(pid: number): Promise<void> {
  tryKill(pid, 'SIGKILL')
  while (isAlive(pid)) await sleep(10)
}

/** Ends the server and removes its folder as soon as this process is gone, however it went: its end of a pipe closes. */
function watch(pid: number, home: string): ChildProcess {
  const script = 'read -r _; kill -CONT "$0"; kill -QUIT "$0"; sleep 1; rm -rf "$1"'
  const watcher = spawn('sh', ['-c', script, String(pid), home], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
  const pipe = watcher.stdin as Socket | null
  pipe?.unref()
  return watcher
}
