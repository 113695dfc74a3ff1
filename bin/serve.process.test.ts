/** `bennu serve` as an operator meets it: start, health, deaths, ends. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../test/free-port'
import {
  isAlive,
  type Program,
  type ProgramOptions,
  runBennu,
  startProgram,
  tryKill,
  until,
} from '../test/program'

const running: Program[] = []
const folders: string[] = []

async function start(options: ProgramOptions = {}): Promise<Program> {
  const program = await startProgram(options)
  running.push(program)
  return program
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-test-'))
  folders.push(folder)
  return folder
}

afterEach(async () => {
  for (const program of running.splice(0)) {
    program.killTree()
    await program.exited
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const status = async (url: string) => {
  const answer = await fetch(url, { redirect: 'manual' }).catch(() => null)
  await answer?.text().catch(() => {})
  return answer?.status ?? 0
}
const children = (program: Program) =>
  [program.childPid('web'), program.childPid('collector')] as [number, number]
const settings = (workingDir: string) => ({
  PHOENIX_HOST: '127.0.0.1',
  PHOENIX_PORT: '0',
  PHOENIX_GRPC_PORT: '0',
  BENNU_OTLP_HTTP_PORT: '0',
  PHOENIX_WORKING_DIR: workingDir,
})

describe('a start', () => {
  it('shows version, database, sign-in and addresses in a short banner', async () => {
    const program = await start()
    const banner = program.output().split('\n')
    const first = banner.findIndex((line) => / is ready$/.test(line))
    const lines = banner.slice(first).filter((line) => line.trim() !== '')
    expect(lines[0]).toMatch(/^Bennu \d+\.\d+\.\d+ is ready$/)
    expect(lines[1]).toBe(`  database  ${program.workingDir}/bennu.db`)
    expect(lines[2]).toContain('sign-in   off')
    expect(lines[3]).toBe(`  pages     http://127.0.0.1:${program.port}/`)
    expect(lines[4]).toBe(`  OTLP      http://127.0.0.1:${program.port}/v1/traces`)
    expect(lines[5]).toBe(`  OTLP gRPC 127.0.0.1:${program.grpcPort}`)
    expect(lines).toHaveLength(6)
  })

  it("mentions another program's database beside ours and does not touch it", async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'phoenix.db'), 'not ours')
    const before = statSync(join(folder, 'phoenix.db')).mtimeMs
    const program = await start({ workingDir: folder })
    expect(program.output()).toContain(`${folder}/phoenix.db`)
    expect(statSync(join(folder, 'phoenix.db')).mtimeMs).toBe(before)
  })

  it('needs neither PATH nor a writable HOME, and writes nothing into the installation', async () => {
    const before = installation()
    const program = await start({ env: { HOME: '/proc/no-such-home', PATH: undefined } })
    expect(await status(`${program.baseUrl}/login`)).toBeLessThan(500)
    expect(await status(`${program.baseUrl}/no-such-page`)).toBe(404)
    expect((await program.stop()).code).toBe(0)
    expect(installation()).toEqual(before)
  })

  it('lists every problem of the configuration and exits 1', async () => {
    const env = { ...settings(newFolder()), PHOENIX_PORT: 'six', PHOENIX_ENABLE_AUTH: 'maybe' }
    const { code, stderr } = await runBennu(['serve'], env)
    expect(code).toBe(1)
    expect(stderr).toContain('PHOENIX_PORT')
    expect(stderr).toContain('PHOENIX_ENABLE_AUTH')
    expect(readdirSync(env.PHOENIX_WORKING_DIR)).toEqual([])
  })

  it('says that a file is no database and exits 1', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'bennu.db'), 'this is a letter to a friend, not a database\n'.repeat(100))
    const { code, stderr } = await runBennu(['serve'], settings(folder))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^bennu: .*bennu\.db/m)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('says which port is taken and exits 1', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    try {
      const { code, stderr } = await runBennu(['serve', '--port', String(port)], settings(newFolder()))
      expect(code).toBe(1)
      expect(stderr).toContain(`port ${port} on 127.0.0.1 is already in use`)
      expect(stderr).toContain('PHOENIX_PORT')
    } finally {
      taken.close()
    }
  })

  it('says which gRPC port is taken and exits 1', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    try {
      const { code, stderr } = await runBennu(['serve', '--grpc-port', String(port)], settings(newFolder()))
      expect(code).toBe(1)
      expect(stderr).toContain(`port ${port} on 127.0.0.1 is already in use`)
      expect(stderr).toContain('PHOENIX_GRPC_PORT')
    } finally {
      taken.close()
    }
  })
})

describe('a part of the program', () => {
  it('serves pages without a collector with --only web', async () => {
    const otlpPort = await freePort()
    const program = await start({ args: ['--only', 'web'], env: { BENNU_OTLP_HTTP_PORT: String(otlpPort) } })
    expect(program.childPid('collector')).toBeNull()
    expect(await status(`http://127.0.0.1:${otlpPort}/healthz`)).toBe(0)
    expect(await status(`${program.baseUrl}/healthz`)).toBe(200)
    expect(await status(`${program.baseUrl}/readyz`)).toBe(200)
  })

  it('takes gRPC and OTLP over HTTP without pages with --only collector', async () => {
    const env = { BENNU_OTLP_HTTP_PORT: String(await freePort()) }
    const program = await start({ args: ['--only', 'collector'], env })
    expect(program.output()).toContain(`  OTLP HTTP http://127.0.0.1:${env.BENNU_OTLP_HTTP_PORT}/v1/traces\n`)
    expect(await status(`http://127.0.0.1:${env.BENNU_OTLP_HTTP_PORT}/readyz`)).toBe(200)
    expect(program.childPid('web')).toBeNull()
    expect(program.port).toBe(0)
    expect(program.grpcPort).toBeGreaterThan(0)
  })
})

describe('a child that dies', () => {
  it('web comes back on its port while the collector goes on', async () => {
    const program = await start()
    const [web, collector] = children(program)
    process.kill(web, 'SIGKILL')
    await until('web to be replaced', () => (program.childPid('web') ?? web) !== web)
    await program.untilHealthy()
    expect(program.childPid('collector')).toBe(collector)
  })

  it('collector comes back; meanwhile the program is not healthy', async () => {
    const program = await start()
    const [web, collector] = children(program)
    process.kill(collector, 'SIGKILL')
    await until(
      'the missing collector to show',
      async () => (await status(`${program.baseUrl}/healthz`)) === 503,
    )
    await program.untilHealthy()
    expect(program.childPid('collector')).not.toBe(collector)
    expect(program.childPid('web')).toBe(web)
  })

  it('ends the program with exit 1 at its fifth death within a minute', async () => {
    const program = await start({ args: ['--only', 'web'] })
    for (let death = 1; death <= 5; death++) {
      const pid = await until('web', () => program.childPid('web'))
      await program.untilHealthy()
      process.kill(pid, 'SIGKILL')
      await until('web to be gone', () => !isAlive(pid))
    }
    expect((await program.exited).code).toBe(1)
    expect(program.output()).toContain('the web process died 5 times within a minute')
  })
})

describe('a supervisor that is killed', () => {
  it('takes its children with it within two seconds', async () => {
    const program = await start()
    const both = children(program)
    program.signal('SIGKILL')
    await program.exited.catch(() => {})
    await until('the children to be gone', () => !both.some(isAlive), 2_000)
  })

  it('makes room for a second one on the same ports and file', async () => {
    const folder = newFolder()
    const first = await start({ workingDir: folder })
    tryKill(first.pid, 'SIGKILL')
    const ports = { PHOENIX_PORT: String(first.port), PHOENIX_GRPC_PORT: String(first.grpcPort) }
    const second = await start({ workingDir: folder, env: ports })
    expect(second.port).toBe(first.port)
    expect(await status(`${second.baseUrl}/readyz`)).toBe(200)
  })
})

describe('an end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('on %s is orderly, with exit 0', async (signal) => {
    const program = await start()
    const both = children(program)
    program.signal(signal)
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(both.some(isAlive)).toBe(false)
  })

  it('finishes a request that was begun', async () => {
    const program = await start()
    const answer = fetch(`${program.baseUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: slowBody(['{"resource', 'Spans":[]}'], 600),
      duplex: 'half',
    } as RequestInit)
    await sleep(300)
    program.signal('SIGTERM')
    const { status: code } = await answer
    expect(code).toBe(200)
    expect((await program.exited).code).toBe(0)
  })

  it('comes at once on a second signal', async () => {
    const program = await start()
    const both = children(program)
    for (const pid of both) process.kill(pid, 'SIGSTOP')
    program.signal('SIGTERM')
    // Two that come before the first was heard are one.
    await sleep(1_000)
    const asked = Date.now()
    program.signal('SIGTERM')
    await program.exited
    expect(Date.now() - asked).toBeLessThan(2_000)
    await until('the children to be gone', () => !both.some(isAlive))
  })
})

describe('a database in memory', () => {
  const env = (temp: string) => ({ PHOENIX_SQL_DATABASE_URL: 'sqlite:///:memory:', TMPDIR: temp })

  it('is one private file for all processes, gone at the end', async () => {
    const temp = newFolder()
    const program = await start({ env: env(temp) })
    const [folder] = readdirSync(temp)
    expect(statSync(join(temp, folder ?? '')).mode & 0o777).toBe(0o700)
    expect(await status(`${program.baseUrl}/readyz`)).toBe(200)
    await program.stop()
    expect(readdirSync(temp)).toEqual([])
  })

  it('is removed by the children when the supervisor was killed', async () => {
    const temp = newFolder()
    const program = await start({ env: env(temp) })
    const both = children(program)
    program.signal('SIGKILL')
    await until('the children to be gone', () => !both.some(isAlive))
    expect(readdirSync(temp)).toEqual([])
  })
})

async function* chunks(parts: string[], pauseMs: number) {
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(pauseMs)
    yield new TextEncoder().encode(part)
  }
}

function slowBody(parts: string[], pauseMs: number): ReadableStream<Uint8Array> {
  const iterator = chunks(parts, pauseMs)
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** Names, sizes and times of everything that was built. */
function installation(): string[] {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  return ['dist', '.next'].flatMap((folder) => describeFolder(join(root, folder)))
}

function describeFolder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes('/.next/dev/'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const { size, mtimeMs } = statSync(path)
      return `${path} ${size} ${mtimeMs}`
    })
}
