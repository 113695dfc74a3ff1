/** Every sample of the documents starts a server. */
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { get as getInClear, type IncomingMessage } from 'node:http'
import { get as getByTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeAuthority, makeCertificate } from './certificates'
import { parseEnvText } from './env-text'
import { type PostgresServer, startPostgres } from './postgres'
import { PRINTED_SAMPLES, SUPPLIED } from './printed-samples'
import { spawnBennu } from './program'
import { settle } from './sample-settings'

const DOCS = new URL('../docs/', import.meta.url)
const PATIENCE_MS = 60_000

let folder: string
let postgres: PostgresServer
let authorityFile: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-samples-'))
  const authority = makeAuthority(folder)
  const own = makeCertificate(folder, authority, { name: 'server', alternativeNames: ['DNS:localhost'] })
  authorityFile = authority.certFile
  postgres = await startPostgres({
    settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' },
    hba: ['host all all 127.0.0.1/32 scram-sha-256'],
    prepare: (data, owner) => {
      copyFileSync(own.certFile, join(data, 'server.crt'))
      copyFileSync(own.keyFile, join(data, 'server.key'))
      chmodSync(join(data, 'server.key'), 0o600)
      if (owner) chownSync(join(data, 'server.key'), owner.uid, owner.gid)
    },
  })
})
afterAll(async () => {
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Blocks of settings, and of a service manager's unit, by page and number. */
const documented = readdirSync(DOCS)
  .filter((name) => name.endsWith('.md'))
  .flatMap((page) =>
    [...readFileSync(new URL(page, DOCS), 'utf8').matchAll(/^```(env|ini)\n(.*?)^```$/gms)].map(
      ([, kind, block], index): [string, string] => [
        `${page}, block ${index + 1}`,
        kind === 'ini' ? settingsOfUnit(block ?? '') : (block ?? ''),
      ],
    ),
  )

function settingsOfUnit(unit: string): string {
  return [...unit.matchAll(/^Environment=(.*)$/gm)].map((line) => line[1]).join('\n')
}

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
/** For samples that want one of their clients: the certificate of the authority that `settle` puts there. */
const SHOWN = { cert: fixture('tls-example.crt'), key: fixture('tls-example.key') }

/** The status of /healthz, or null while there is none. Whose certificate it is does not matter here. */
function healthOf(port: number, isTls: boolean): Promise<number | null> {
  const options = { host: '127.0.0.1', port, path: '/healthz' }
  return new Promise((resolve) => {
    const take = (answer: IncomingMessage) => {
      answer.resume()
      resolve(answer.statusCode ?? null)
    }
    const call = isTls
      ? getByTls({ ...options, ...SHOWN, rejectUnauthorized: false }, take)
      : getInClear(options, take)
    call.on('error', () => resolve(null))
  })
}

/** Serves with these settings until /healthz answers 200, then ends it; throws with what the program wrote. */
async function serve(env: Record<string, string>, port: number): Promise<void> {
  const child = spawnBennu(['serve'], env)
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  const closed = once(child, 'close')
  try {
    const healthy = vi.waitUntil(
      async () => (await healthOf(port, env.PHOENIX_TLS_ENABLED === 'true')) === 200,
      {
        timeout: PATIENCE_MS,
        interval: 50,
      },
    )
    const ended = closed.then(() => false)
    if (!(await Promise.race([healthy, ended]).catch(() => false)))
      throw new Error(`it does not serve: ${output}`)
    child.kill('SIGTERM')
    expect((await closed)[0]).toBe(0)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
}

test('there are samples in the documents', () => {
  expect(documented.length).toBeGreaterThan(8)
})

test.each([...documented, ...PRINTED_SAMPLES])('%s starts the server', async (_, block) => {
  const printed = parseEnvText(block, () => SUPPLIED)
  expect(printed).not.toEqual({})
  // An own folder: what another sample's secret sealed could not be opened with this one's.
  const place = { folder: mkdtempSync(join(folder, 'sample-')), postgres, authorityFile }
  const { env, port } = await settle(printed, place)
  await serve(env, port)
})
