/** Our own ports with TLS: who gets in, what is refused, and how a new certificate comes into use. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeAuthority, makeCertificate } from '../test/certificates'
import { freePort } from '../test/free-port'
import { EXPORT_PATH } from '../test/grpc'
import { type Program, runBennu, startProgram, until } from '../test/program'

const HOSTS = ['DNS:localhost', 'IP:127.0.0.1']

let folder: string
let authority: Certificate
let stranger: Certificate
let server: Certificate
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-tls-'))
  authority = makeAuthority(folder)
  stranger = makeAuthority(folder, 'stranger')
  server = makeCertificate(folder, authority, { name: 'server', alternativeNames: HOSTS })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tlsOf = ({ certFile, keyFile }: Certificate) => ({
  PHOENIX_TLS_ENABLED: 'true',
  PHOENIX_TLS_CERT_FILE: certFile,
  PHOENIX_TLS_KEY_FILE: keyFile,
})

async function start(env: Record<string, string>): Promise<Program> {
  return startProgram({ env: { BENNU_OTLP_HTTP_PORT: String(await freePort()), ...env } })
}

/** How a client shows itself, and what it expects of the server. */
interface Caller {
  trusts?: Certificate
  shows?: Certificate
  host?: string
}

/** `OK`, or why there was no answer. */
type Ask = (program: Program, caller: Caller) => Promise<string>

const askHttp =
  (portOf: (program: Program) => number): Ask =>
  (program, { trusts = authority, shows, host = 'localhost' }) => {
    const options: RequestOptions = {
      ...{ host: '127.0.0.1', servername: host, port: portOf(program), path: '/healthz', agent: false },
      ca: readFileSync(trusts.certFile),
      ...(shows ? { cert: readFileSync(shows.certFile), key: readFileSync(shows.keyFile) } : {}),
    }
    return new Promise((resolve) => {
      const call = httpsRequest(options, (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200 ? 'OK' : `status ${answer.statusCode}`)
      })
      call.setTimeout(5_000, () => call.destroy(new Error('silence')))
      call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      call.end()
    })
  }

const askGrpc: Ask = async (program, { trusts = authority, shows, host = 'localhost' }) => {
  const pem = (file: string) => readFileSync(file)
  const channel = credentials.createSsl(
    pem(trusts.certFile),
    shows ? pem(shows.keyFile) : null,
    shows ? pem(shows.certFile) : null,
  )
  const client = new Client(`127.0.0.1:${program.grpcPort}`, channel, {
    'grpc.ssl_target_name_override': host,
    'grpc.enable_retries': 0,
  })
  const failure = await exportNothing(client)
  client.close()
  return failure === null ? 'OK' : `${status[failure.code]}`
}

function exportNothing(client: Client): Promise<ServiceError | null> {
  const asIs = (bytes: Buffer) => bytes
  return new Promise((resolve) => {
    const deadline = Date.now() + 5_000
    client.makeUnaryRequest(EXPORT_PATH, asIs, asIs, Buffer.alloc(0), new Metadata(), { deadline }, (error) =>
      resolve(error),
    )
  })
}

const LISTENERS: readonly (readonly [string, Ask])[] = [
  ['pages and REST', askHttp((program) => program.port)],
  ['OTLP over HTTP', askHttp((program) => program.otlpHttpPort)],
  ['gRPC', askGrpc],
]

describe('with a certificate', () => {
  let program: Program
  beforeAll(async () => {
    program = await start(tlsOf(server))
  })
  afterAll(() => program?.stop())

  describe.each(LISTENERS)('%s', (_name, ask) => {
    it('answers a client that trusts its authority', async () => expect(await ask(program, {})).toBe('OK'))

    it('is no partner for one that trusts another', async () =>
      expect(await ask(program, { trusts: stranger })).not.toBe('OK'))

    it('is no partner for one that looks for another host', async () =>
      expect(await ask(program, { host: 'elsewhere.example' })).not.toBe('OK'))
  })

  it('says https in its banner', () => {
    expect(program.output()).toMatch(/pages +https:\/\//)
    expect(program.output()).toMatch(/OTLP gRPC +\S+ with TLS/)
  })

  it.each([
    ['pages and REST', () => program.port],
    ['OTLP over HTTP', () => program.otlpHttpPort],
    ['gRPC', () => program.grpcPort],
  ])('%s answers neither clear text nor garbage, and takes no old TLS', async (_name, port) => {
    expect(await sendRaw(port(), 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')).not.toContain('200 OK')
    expect(await sendRaw(port(), Buffer.alloc(4_096, 0x16))).not.toContain('200 OK')
    expect(await handshake(port(), 'TLSv1.1')).toBe('refused')
    expect(await handshake(port(), 'TLSv1.2')).toBe('TLSv1.2')
    expect(await handshake(port(), 'TLSv1.3')).toBe('TLSv1.3')
  })

  it('goes on while 200 handshakes have begun and stand still', async () => {
    const sockets = [program.port, program.otlpHttpPort, program.grpcPort].flatMap((port) =>
      Array.from({ length: 200 }, () => halfHandshake(port)),
    )
    await sleep(300)
    for (const [, ask] of LISTENERS) expect(await ask(program, {})).toBe('OK')
    for (const socket of sockets) socket.destroy()
  })
})

it('marks session cookies Secure, and redirects by path alone', async () => {
  const program = await start({
    ...tlsOf(server),
    PHOENIX_ENABLE_AUTH: 'true',
    PHOENIX_SECRET: 'a-secret-for-tests-0123456789-abcdef',
  })
  try {
    const home = await fetchTls(program, '/projects')
    expect(home.location).toMatch(/^\/login/)
    const { status, cookies } = await signInTls(program)
    expect(status).toBe(204)
    expect(cookies.length).toBe(2)
    for (const cookie of cookies) expect(cookie).toMatch(/; Secure(;|$)/)
  } finally {
    await program.stop()
  }
})

describe('that asks clients for a certificate', () => {
  let program: Program
  const clients: Record<string, Certificate> = {}
  beforeAll(async () => {
    const make = (name: string, by: Certificate, days?: readonly [number, number]) => {
      clients[name] = makeCertificate(folder, by, { name, ...(days ? { days } : {}) })
    }
    make('known', authority)
    make('foreign', stranger)
    make('expired', authority, [-3, -1])
    make('early', authority, [1, 3])
    program = await start({
      ...tlsOf(server),
      PHOENIX_TLS_VERIFY_CLIENT: 'true',
      PHOENIX_TLS_CA_FILE: authority.certFile,
    })
  })
  afterAll(() => program?.stop())

  describe.each(LISTENERS)('%s', (_name, ask) => {
    it('lets in one of its authority', async () =>
      expect(await ask(program, { shows: clients.known as Certificate })).toBe('OK'))

    it('refuses a client without one', async () => expect(await ask(program, {})).not.toBe('OK'))

    it.each(['foreign', 'expired', 'early'])('refuses one that is %s', async (name) =>
      expect(await ask(program, { shows: clients[name] as Certificate })).not.toBe('OK'),
    )
  })
})

describe('each by its own switch', () => {
  it('HTTP alone', async () => {
    const { PHOENIX_TLS_ENABLED: _off, ...files } = tlsOf(server)
    const program = await start({ ...files, PHOENIX_TLS_ENABLED_FOR_HTTP: 'true' })
    const asked = await Promise.all(LISTENERS.map(([, ask]) => ask(program, {})))
    await program.stop()
    expect(asked.map((answer) => answer === 'OK')).toEqual([true, true, false])
  })

  it('gRPC alone', async () => {
    const program = await start({ ...tlsOf(server), PHOENIX_TLS_ENABLED_FOR_HTTP: 'false' })
    const asked = await Promise.all(LISTENERS.map(([, ask]) => ask(program, {})))
    await program.stop()
    expect(asked.map((answer) => answer === 'OK')).toEqual([false, false, true])
  })
})

describe('a key with a passphrase', () => {
  const password = 'a passphrase of ours'

  it.each(['PKCS#8', 'PKCS#1'])('of %s opens with it', async (form) => {
    const locked = makeCertificate(folder, authority, {
      ...{ name: `locked-${form.slice(-1)}`, alternativeNames: HOSTS, keyPassword: password },
    })
    if (form === 'PKCS#1') toPkcs1(locked.keyFile, password)
    const env = { ...tlsOf(locked), PHOENIX_TLS_KEY_FILE_PASSWORD: password }
    const program = await start(env)
    const asked = await Promise.all(LISTENERS.map(([, ask]) => ask(program, {})))
    const { output } = program
    await program.stop()
    expect(asked).toEqual(['OK', 'OK', 'OK'])
    expect(output()).not.toContain(password)
  })

  it('given for a key that has none is ignored', async () => {
    const program = await start({ ...tlsOf(server), PHOENIX_TLS_KEY_FILE_PASSWORD: password })
    const asked = await Promise.all(LISTENERS.map(([, ask]) => ask(program, {})))
    await program.stop()
    expect(asked).toEqual(['OK', 'OK', 'OK'])
  })

  it('that is wrong stops the start, and is not repeated', async () => {
    const locked = makeCertificate(folder, authority, { name: 'locked', keyPassword: password })
    const { code, stderr } = await runBennu(['config'], {
      ...tlsOf(locked),
      PHOENIX_TLS_KEY_FILE_PASSWORD: 'another passphrase',
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/PHOENIX_TLS_KEY_FILE_PASSWORD: does not open the key/)
    expect(stderr).not.toContain('another passphrase')
  })
})

describe('a pair that is broken stops the start with a sentence', () => {
  const write = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const other = () => makeCertificate(folder, authority, { name: 'other' })

  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      'a certificate that is not there',
      () => ({ PHOENIX_TLS_CERT_FILE: join(folder, 'none.crt') }),
      /PHOENIX_TLS_CERT_FILE: the file ".*none.crt" cannot be read \(ENOENT\)/,
    ],
    [
      'an empty key',
      () => ({ PHOENIX_TLS_KEY_FILE: write('empty.key', '') }),
      /PHOENIX_TLS_KEY_FILE: the file ".*empty.key" is empty/,
    ],
    [
      'text that is no certificate',
      () => ({ PHOENIX_TLS_CERT_FILE: write('text.crt', 'hello') }),
      /PHOENIX_TLS_CERT_FILE: the file ".*text.crt" holds no certificate in PEM form/,
    ],
    [
      'a certificate that was cut off',
      () => ({
        PHOENIX_TLS_CERT_FILE: write(
          'cut.crt',
          '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
        ),
      }),
      /PHOENIX_TLS_CERT_FILE: the file ".*cut.crt" holds a certificate that cannot be read/,
    ],
    [
      'the key of another certificate',
      () => ({ PHOENIX_TLS_KEY_FILE: other().keyFile }),
      /PHOENIX_TLS_KEY_FILE: the file ".*other.key" is the key of another certificate/,
    ],
    [
      'no authority to check clients with',
      () => ({ PHOENIX_TLS_VERIFY_CLIENT: 'true' }),
      /PHOENIX_TLS_CA_FILE: missing/,
    ],
  ])('%s', async (_name, change, sentence) => {
    const { code, stderr } = await runBennu(['config'], { ...tlsOf(server), ...change() })
    expect(code).toBe(1)
    expect(stderr).toMatch(sentence)
  })

  it('but one without host names only warns', async () => {
    const nameless = makeCertificate(folder, authority, { name: 'nameless' })
    const { code, stderr, stdout } = await runBennu(['config'], tlsOf(nameless))
    expect(code).toBe(0)
    expect(stderr + stdout).toMatch(/PHOENIX_TLS_CERT_FILE: the certificate lists no host names/)
  })
})

describe('when the files change', () => {
  const live = () => ({ certFile: join(folder, 'live.crt'), keyFile: join(folder, 'live.key') })
  const put = ({ certFile, keyFile }: Certificate) => {
    copyFileSync(certFile, live().certFile)
    copyFileSync(keyFile, live().keyFile)
  }

  it('new connections show the new certificate, those that are open go on, and a broken pair is left alone', async () => {
    put(server)
    const program = await start(tlsOf(live()))
    const ports = [program.port, program.otlpHttpPort, program.grpcPort]
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(authority.certFile) })
    const stream = new Client(
      `localhost:${program.grpcPort}`,
      credentials.createSsl(readFileSync(authority.certFile)),
    )
    try {
      const before = await fetchTls(program, '/healthz', agent)
      expect(await exportNothing(stream)).toBeNull()
      const next = makeCertificate(folder, authority, { name: 'next', alternativeNames: HOSTS })
      const serials = () => Promise.all(ports.map(serialOf))
      const old = await serials()

      put(next)
      await until('the new certificate', async () => (await serials()).every((one) => one !== old[0]), 5_000)
      const after = await fetchTls(program, '/healthz', agent)
      expect(after.localPort).toBe(before.localPort)
      expect(await exportNothing(stream)).toBeNull()

      const kept = await serials()
      writeFileSync(live().certFile, 'broken')
      await until('the log to say so', () =>
        program.output().includes('cannot be used; the old ones are kept'),
      )
      expect(await serials()).toEqual(kept)
      await until('admins to be told', async () => (await noticeIds(program)).includes('tls.broken'))

      put(server)
      program.signal('SIGHUP')
      await until('the first one again', async () => (await serials()).every((one) => one === old[0]), 5_000)
      await until('that to be over', async () => !(await noticeIds(program)).includes('tls.broken'))
      expect(await noticeIds(program)).toContain('tls.expiring')
    } finally {
      agent.destroy()
      stream.close()
      await program.stop()
    }
  })
})

/** What admins are told; anybody may ask while authentication is off. */
async function noticeIds(program: Program): Promise<string[]> {
  const { body } = await fetchTls(program, '/ui/notices')
  return (JSON.parse(body) as { notices: { id: string }[] }).notices.map(({ id }) => id)
}

/** Sends bytes in clear and gives what comes back until the server closes, or a second has passed. */
function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes))
    const end = () => {
      socket.destroy()
      resolve(heard)
    }
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', end)
    setTimeout(end, 1_000)
  })
}

/** The version that was agreed on. */
function handshake(port: number, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls(
      { port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: version, maxVersion: version },
      () => {
        resolve(socket.getProtocol() ?? '')
        socket.destroy()
      },
    )
    socket.on('error', () => resolve('refused'))
  })
}

/** Begins a handshake and says no more. */
function halfHandshake(port: number): Socket {
  const socket = connectTcp(port, '127.0.0.1', () =>
    socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])),
  )
  socket.on('error', () => {})
  return socket
}

function serialOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

interface TlsAnswer {
  status: number
  location: string | undefined
  localPort: number | undefined
  body: string
}

function fetchTls(program: Program, path: string, agent?: Agent): Promise<TlsAnswer> {
  const options = { host: 'localhost', port: program.port, path, ca: readFileSync(authority.certFile) }
  return new Promise((resolve, reject) => {
    const call = httpsRequest({ ...options, ...(agent ? { agent } : {}) }, (answer) => {
      const { localPort } = answer.socket
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, localPort, body }),
      )
    })
    call.on('error', reject)
    call.end()
  })
}

function signInTls(program: Program): Promise<{ status: number; cookies: string[] }> {
  const options = {
    ...{ host: 'localhost', port: program.port, path: '/auth/login', method: 'POST' },
    ca: readFileSync(authority.certFile),
    headers: { 'content-type': 'application/json' },
  }
  return new Promise((resolve, reject) => {
    const call = httpsRequest(options, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, cookies: answer.headers['set-cookie'] ?? [] })
    })
    call.on('error', reject)
    call.end(JSON.stringify({ email: 'admin@localhost', password: 'admin' }))
  })
}

/** Rewrites an encrypted key in the older form, with its `Proc-Type` lines. */
function toPkcs1(file: string, password: string): void {
  const pass = ['-passin', `pass:${password}`, '-passout', `pass:${password}`]
  execFileSync('openssl', ['rsa', '-aes256', '-traditional', ...pass, '-in', file, '-out', file], {
    stdio: 'pipe',
  })
}
