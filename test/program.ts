/** Starts the built program as an operator would, in a folder of its own and on free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** The command line of the built program. */
export const BENNU = join(ROOT, 'dist/bennu.js')
const START_PATIENCE_MS = 30_000

export interface ProgramOptions {
  /** Variables beside the defaults: free ports (none for OTLP over HTTP), 127.0.0.1, no limits by address, a temporary working directory. Undefined removes one. */
  env?: Record<string, string | undefined>
  /** Arguments after `serve`. */
  args?: string[]
  /** Serve from an existing folder, which then stays. */
  workingDir?: string
  /** Is given at once what tells everything that the program has written so far. */
  onSpawn?: (output: () => string) => void
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A running `bennu serve`. */
export interface Program {
  /** `http://127.0.0.1:<port>`, or https; empty with `--only collector`. */
  readonly baseUrl: string
  readonly port: number
  readonly grpcPort: number
  /** Where the collector takes OTLP over HTTP; 0 when it does not. */
  readonly otlpHttpPort: number
  readonly workingDir: string
  readonly pid: number
  /** Everything written so far, both streams. */
  output(): string
  /** The present pid of a child, or null while there is none. */
  childPid(name: 'web' | 'collector'): number | null
  /** Supervisor and children, as far as they live. */
  pids(): number[]
  /** Resolves when the program is gone. */
  readonly exited: Promise<Exit>
  /** Waits until /healthz answers 200. */
  untilHealthy(): Promise<void>
  /** Sends a signal to the supervisor alone. */
  signal(signal: NodeJS.Signals): void
  /** Ends supervisor and children at once. */
  killTree(): void
  /** SIGTERM, and the exit it leads to. The temporary folder goes too. */
  stop(): Promise<Exit>
}

/**
 * Starts `bennu serve` and waits until it is healthy.
 * @throws Error with the program's output when it ends or stays silent
 */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const workingDir = options.workingDir ?? mkdtempSync(join(tmpdir(), 'bennu-program-'))
  const child = spawnBennu(['serve', ...(options.args ?? [])], {
    PHOENIX_HOST: '127.0.0.1',
    PHOENIX_PORT: '0',
    PHOENIX_GRPC_PORT: '0',
    BENNU_OTLP_HTTP_PORT: '0',
    // Everybody here has one address, and signs in often.
    PHOENIX_DISABLE_RATE_LIMIT: 'true',
    PHOENIX_WORKING_DIR: workingDir,
    ...options.env,
  })
  const removeFolder = () => {
    if (options.workingDir === undefined) rmSync(workingDir, { recursive: true, force: true })
  }
  const output = collectOutput(child)
  options.onSpawn?.(output)
  const exited = exitOf(child)
  // A test that is cut short must not leave a server behind; its children follow by themselves.
  const endNow = () => void child.kill('SIGKILL')
  process.once('exit', endNow)
  void exited.then(() => process.off('exit', endNow))
  const ports = await portsFromBanner(output, exited).catch((error) => {
    child.kill('SIGKILL')
    removeFolder()
    throw error
  })
  const program = handle(child, { ...ports, workingDir, output, exited, removeFolder })
  // With TLS we may lack the certificate to ask; the banner comes when everything listens.
  if (program.baseUrl.startsWith('http:')) await program.untilHealthy()
  return program
}

type Ports = Pick<Program, 'port' | 'grpcPort' | 'otlpHttpPort'> & { scheme: string }

interface Parts extends Ports {
  workingDir: string
  output: () => string
  exited: Promise<Exit>
  removeFolder: () => void
}

function handle(child: ChildProcess, parts: Parts): Program {
  const pid = child.pid ?? 0
  const baseUrl = parts.port === 0 ? '' : `${parts.scheme}://127.0.0.1:${parts.port}`
  const pids = () => [pid, ...childrenOf(pid)].filter(isAlive)
  const program: Program = {
    ...parts,
    baseUrl,
    pid,
    pids,
    childPid: (name) => childrenOf(pid).find((each) => commandOf(each).includes(`/dist/${name}.js`)) ?? null,
    untilHealthy: () => untilHealthy(baseUrl, parts),
    signal: (signal) => void child.kill(signal),
    killTree: () => {
      // The supervisor first, so that it starts nobody again.
      for (const each of pids()) tryKill(each, 'SIGKILL')
    },
    stop: async () => {
      child.kill('SIGTERM')
      const exit = await parts.exited
      parts.removeFolder()
      return exit
    },
  }
  return program
}

/** Starts the command line with exactly these variables: nothing of ours is inherited, PATH and HOME included. */
export function spawnBennu(args: string[], env: Record<string, string | undefined>): ChildProcess {
  return spawn(process.execPath, [BENNU, ...args], {
    env: env as NodeJS.ProcessEnv,
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end. */
export async function runBennu(
  args: string[],
  env: Record<string, string | undefined>,
): Promise<Exit & { stdout: string; stderr: string }> {
  const child = spawnBennu(args, env)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += chunk))
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  return { ...(await exitOf(child)), stdout, stderr }
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.on('data', (chunk) => (text += chunk))
  child.stderr?.on('data', (chunk) => (text += chunk))
  return () => text
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
}

async function portsFromBanner(output: () => string, exited: Promise<Exit>): Promise<Ports> {
  let gone: Exit | null = null
  void exited.then((exit) => {
    gone = exit
  })
  const deadline = Date.now() + START_PATIENCE_MS
  while (!gone && Date.now() < deadline) {
    const text = output()
    if (/ is ready[\n"]/.test(text) && /sign-in/.test(text)) {
      const [, scheme = 'http', webPort = 0] = /pages[ ":]+(https?):\/\/[^/]+:(\d+)\//.exec(text) ?? []
      const port = Number(webPort)
      const grpcPort = Number(/gRPC[ ":]+[^\s"]+:(\d+)/.exec(text)?.[1] ?? 0)
      const otlpHttpPort = Number(/OTLP HTTP[ ":]+https?:\/\/[^/]+:(\d+)\//.exec(text)?.[1] ?? 0)
      return { scheme, port, grpcPort, otlpHttpPort }
    }
    await sleep(20)
  }
  throw new Error(
    `bennu serve ${gone ? `ended (${JSON.stringify(gone)})` : 'did not get ready'}:\n${output()}`,
  )
}

async function untilHealthy(baseUrl: string, parts: Parts): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS
  while (Date.now() < deadline) {
    const answer = await fetch(`${baseUrl}/healthz`).catch(() => null)
    await answer?.text()
    if (answer?.status === 200) return
    await sleep(30)
  }
  throw new Error(`/healthz did not become 200:\n${parts.output()}`)
}

/** Direct children by /proc; the supervisor's children have none of their own. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a process exists; one that ended and waits for its parent does not count. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}

/** Polls until `probe` gives something truthy. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`gave up waiting for ${what}`)
    await sleep(25)
  }
}
