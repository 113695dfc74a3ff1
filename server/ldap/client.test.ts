import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LdapConfig } from '#server/config/model'
import { openConnection, openForSearch } from '#server/ldap/client'
import { Deadline } from '#server/ldap/deadline'
import { isLdapTrouble, type LdapTrouble } from '#server/ldap/trouble'
import { makeAuthority, makeCertificate } from '../../test/certificates'
import {
  isEndOfConnection,
  ldapSettings,
  PEOPLE,
  PERSON_PASSWORD,
  type Slapd,
  startSlapd,
} from '../../test/slapd'

let slapd: Slapd
/** Its certificate holds the address alone. */
let byAddress: Slapd
/** It wants a certificate of its clients. */
let demanding: Slapd

beforeAll(async () => {
  const people = [{ uid: 'ada', mail: 'ada@example.com' }]
  ;[slapd, byAddress, demanding] = await Promise.all([
    startSlapd({ people, certificateNames: ['DNS:localhost'] }),
    startSlapd({ people, certificateNames: ['IP:127.0.0.1'] }),
    startSlapd({ people, clientCertificates: 'demand' }),
  ])
}, 60_000)
afterAll(() => Promise.all([slapd, byAddress, demanding].map((one) => one?.stop())))

const soon = () => new Deadline(8_000)
const withTls = (ldap: LdapConfig, tls: Partial<LdapConfig['tls']>): LdapConfig => ({
  ...ldap,
  tls: { ...ldap.tls, ...tls },
})
const overLdaps = (server: Slapd) =>
  withTls(ldapSettings(server, { port: server.tlsPort }), { mode: 'ldaps' })

/** Connects, binds the service account and reads one entry. */
async function look(ldap: LdapConfig, host: string): Promise<string[]> {
  const connection = await openForSearch(ldap, host, soon())
  try {
    const entries = await connection.search(PEOPLE, { filter: '(uid=ada)', attributes: ['mail'] })
    return entries.map(({ dn }) => dn)
  } finally {
    connection.close()
  }
}

async function troubleOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isLdapTrouble(error)) return error.message
    throw error
  }
  return 'none'
}

const ADA = [`uid=ada,${PEOPLE}`]

describe('a directory whose certificate is good', () => {
  test.each([
    ['StartTLS, by name', () => ldapSettings(slapd), 'localhost'],
    ['TLS from the start, by name', () => overLdaps(slapd), 'localhost'],
    ['StartTLS, by address', () => ldapSettings(byAddress), '127.0.0.1'],
    ['TLS from the start, by address', () => overLdaps(byAddress), '127.0.0.1'],
    ['no TLS', () => withTls(ldapSettings(slapd), { mode: 'none' }), '127.0.0.1'],
    [
      'StartTLS without checking',
      () => withTls(ldapSettings(slapd), { verify: false, caFile: null }),
      '127.0.0.1',
    ],
    ['nobody, where nobody may search', () => ({ ...ldapSettings(slapd), bind: null }), 'localhost'],
  ])('is searched over %s', async (_, settings, host) => {
    expect(await look(settings(), host)).toEqual(ADA)
  })
})

describe('a directory whose certificate is for somebody else', () => {
  test.each([
    ['the address where the name is certified, StartTLS', () => ldapSettings(slapd), '127.0.0.1'],
    ['the address where the name is certified, TLS', () => overLdaps(slapd), '127.0.0.1'],
    ['localhost where the address is certified, StartTLS', () => ldapSettings(byAddress), 'localhost'],
    ['localhost where the address is certified, TLS', () => overLdaps(byAddress), 'localhost'],
    [
      'an authority we do not know, StartTLS',
      () => withTls(ldapSettings(slapd), { caFile: null }),
      'localhost',
    ],
    ['an authority we do not know, TLS', () => withTls(overLdaps(slapd), { caFile: null }), 'localhost'],
  ])('is told nothing: %s', async (_, settings, host) => {
    await slapd.takeLog()
    await byAddress.takeLog()
    expect(await troubleOf(look(settings(), host))).toBe('tls: certificate')
    const logged = [...(await slapd.takeLog()), ...(await byAddress.takeLog())]
    expect(logged.filter((line) => / (BIND|SRCH) /.test(line))).toEqual([])
  })
})

describe('a directory that asks for a certificate', () => {
  test.each([
    ['StartTLS', () => ldapSettings(demanding)],
    ['TLS from the start', () => overLdaps(demanding)],
  ])('is shown ours over %s', async (name, settings) => {
    const own = makeCertificate(demanding.certificates, demanding.authority, { name: `bennu ${name}` })
    expect(await look(withTls(settings(), own), '127.0.0.1')).toEqual(ADA)
  })

  test.each([
    ['StartTLS', () => ldapSettings(demanding)],
    ['TLS from the start', () => overLdaps(demanding)],
  ])('refuses us without one over %s', async (_, settings) => {
    expect(await troubleOf(look(settings(), '127.0.0.1'))).toMatch(/^(tls|bind): (tls|closed)$/)
  })

  test('a certificate that has gone since the start is trouble, and told from that of the directory', async () => {
    const own = makeCertificate(demanding.certificates, demanding.authority, { name: 'gone' })
    rmSync(own.keyFile)
    const settings = withTls(ldapSettings(demanding), own)
    expect(await troubleOf(look(settings, '127.0.0.1'))).toBe('tls: files')
  })
})

describe('binding', () => {
  test('a wrong password is an answer of the directory, whose text goes nowhere', async () => {
    const connection = await openConnection(ldapSettings(slapd), 'localhost', soon())
    const error = await connection.bind(slapd.dnOf('ada'), 'wrong').catch((one: LdapTrouble) => one)
    connection.close()
    expect(error).toMatchObject({ step: 'bind', reason: 'credentials', resultCode: 49 })
    expect(JSON.stringify(error)).not.toContain('nvalid')
  })

  test.each([
    ['', PERSON_PASSWORD],
    ['  ', PERSON_PASSWORD],
    [`uid=ada,${PEOPLE}`, ''],
  ])('never asks to be nobody: %j and %j', async (dn, password) => {
    const connection = await openConnection(ldapSettings(slapd), 'localhost', soon())
    await slapd.takeLog()
    await expect(connection.bind(dn, password)).rejects.toThrow('needs a name and a password')
    connection.close()
    expect((await slapd.takeLog()).filter((line) => line.includes(' BIND '))).toEqual([])
  })
})

/** Answers each connection with these bytes once it has asked for something; keeps what it hears. */
async function startFake(answer: (socket: Socket, heard: Buffer) => void) {
  const heard: Buffer[] = []
  let connections = 0
  const server: Server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      heard.push(data)
      answer(socket, data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    heard: () => Buffer.concat(heard),
    connections: () => connections,
    stop: () => server.close(),
  }
}

/** An answer to the extended request with this message id and result code. */
const extendedAnswer = (id: number, code: number) =>
  Buffer.from([0x30, 0x0c, 0x02, 0x01, id, 0x78, 0x07, 0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x00])
/** The message id of a request: the third byte after its frame. */
const idOf = (request: Buffer) => request[4] ?? 0

describe('a server that does not give the TLS that was asked for', () => {
  test.each([
    [
      'answers with an error',
      (socket: Socket, heard: Buffer) => void socket.write(extendedAnswer(idOf(heard), 2)),
      'tls: no-starttls (2)',
    ],
    [
      'answers with a referral',
      (socket: Socket, heard: Buffer) => void socket.write(extendedAnswer(idOf(heard), 10)),
      'tls: no-starttls (10)',
    ],
    ['closes', (socket: Socket) => void socket.end(), 'tls: closed'],
    ['resets', (socket: Socket) => void socket.resetAndDestroy(), 'tls: closed'],
    [
      'says yes and closes',
      (socket: Socket, heard: Buffer) => void socket.end(extendedAnswer(idOf(heard), 0)),
      'tls: closed',
    ],
    [
      'says yes and goes on in the clear',
      (socket: Socket, heard: Buffer) =>
        void socket.write(heard[0] === 0x30 ? extendedAnswer(idOf(heard), 0) : Buffer.from('no TLS here')),
      'tls: tls',
    ],
  ])('never sees a bind: it %s', async (_, answer, trouble) => {
    const fake = await startFake(answer)
    const ldap = { ...ldapSettings(slapd), port: fake.port }
    expect(await troubleOf(look(ldap, '127.0.0.1'))).toBe(trouble)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(fake.heard().includes('service')).toBe(false)
    expect(fake.connections()).toBe(1)
    fake.stop()
  })
})

/** A relay in front of the directory that adds bytes behind the answer to StartTLS, which no TLS protects. */
async function startRelay(to: number, behindStartTls: Buffer) {
  const { connect } = await import('node:net')
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    let isFirst = true
    upstream.on('data', (data: Buffer) => {
      client.write(isFirst ? Buffer.concat([data, behindStartTls]) : data)
      isFirst = false
    })
    client.on('data', (data: Buffer) => void upstream.write(data))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as { port: number }).port, stop: () => server.close() }
}

test('half an answer that somebody puts before TLS is not completed by what comes through it', async () => {
  // "Bind number 3: success", whose last two bytes are missing: the real answer would supply them.
  const half = Buffer.from([
    0x30, 0x0e, 0x02, 0x01, 0x03, 0x61, 0x09, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x02,
  ])
  const relay = await startRelay(slapd.port, half)
  const ldap = ldapSettings(slapd, { port: relay.port, bind: { dn: slapd.dnOf('ada'), password: 'wrong' } })
  expect(await troubleOf(openForSearch(ldap, 'localhost', soon()))).toBe('tls: protocol')
  relay.stop()
})

test('the relay alone does no harm', async () => {
  const relay = await startRelay(slapd.port, Buffer.alloc(0))
  expect(await look(ldapSettings(slapd, { port: relay.port }), 'localhost')).toEqual(ADA)
  relay.stop()
})

test('a connection that has gone is not made anew in the clear', async () => {
  const relay = await startRelay(slapd.port, Buffer.alloc(0))
  const connection = await openConnection(ldapSettings(slapd, { port: relay.port }), 'localhost', soon())
  connection.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await slapd.takeLog()
  expect(await troubleOf(connection.bind(slapd.dnOf('ada'), PERSON_PASSWORD))).toBe('bind: closed')
  // The end of the earlier one may be logged late.
  expect((await slapd.takeLog()).filter((line) => !isEndOfConnection(line))).toEqual([])
  relay.stop()
})

test('a server that is silent costs no more than the time that is left', async () => {
  const fake = await startFake(() => {})
  const started = performance.now()
  const ldap = { ...ldapSettings(slapd), port: fake.port }
  expect(await troubleOf(openConnection(ldap, '127.0.0.1', new Deadline(300)))).toBe('tls: timeout')
  expect(performance.now() - started).toBeLessThan(3_000)
  fake.stop()
})

test('an authority of the same name that is not ours is not believed', async () => {
  const other = makeAuthority(slapd.certificates, 'other')
  const settings = withTls(ldapSettings(slapd), { caFile: other.certFile })
  expect(await troubleOf(look(settings, 'localhost'))).toBe('tls: certificate')
})
