/** Servers that are no good as a directory, started by tests on a loopback address and port of their choice. */
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Certificate } from './certificates'

/** What a server does wrong. */
export type Misbehaviour =
  /** Takes connections and says nothing, ever. */
  | 'silent'
  /** Answers StartTLS a byte a second. */
  | 'slow'
  /** Answers whatever comes with bytes that are no LDAP. */
  | 'garbage'
  /** Announces a message of four gigabytes. */
  | 'endless'
  /** Closes as soon as somebody connects. */
  | 'closes'
  /** Says yes to StartTLS and closes within the handshake. */
  | 'closes-in-starttls'
  /** Says no to StartTLS. */
  | 'refuses-starttls'
  /** Makes TLS properly, and is silent from then on. */
  | 'silent-within-tls'

export interface Misbehaving {
  /** Everything that it was sent, within TLS where there is any. */
  heard(): Buffer
  stop(): Promise<void>
}

/** @param certificate what it shows where it makes TLS */
export async function startMisbehaving(
  behaviour: Misbehaviour,
  { host, port, certificate }: { host: string; port: number; certificate: Certificate },
): Promise<Misbehaving> {
  const heard: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (behaviour === 'closes') socket.destroy()
    let asked = 0
    socket.on('data', (data: Buffer) => {
      heard.push(data)
      asked += 1
      answer(behaviour, { socket, request: data, asked, certificate, heard })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { heard: () => Buffer.concat(heard), stop }
}

interface Asked {
  socket: Socket
  request: Buffer
  /** How many times this connection has sent something. */
  asked: number
  certificate: Certificate
  heard: Buffer[]
}

function answer(behaviour: Misbehaviour, { socket, request, asked, certificate, heard }: Asked): void {
  if (behaviour === 'garbage') socket.write('HTTP/1.1 400 Bad Request\r\n\r\n\xff\xfe\x00')
  if (behaviour === 'endless') socket.write(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01]))
  if (behaviour === 'refuses-starttls') socket.write(extendedAnswer(request, UNAVAILABLE))
  if (behaviour === 'slow') dribble(socket, extendedAnswer(request, SUCCESS))
  if (behaviour === 'closes-in-starttls') {
    // The second thing it is sent is the beginning of the handshake.
    if (asked === 1) socket.write(extendedAnswer(request, SUCCESS))
    else socket.destroy()
  }
  if (behaviour === 'silent-within-tls' && asked === 1) {
    socket.removeAllListeners('data')
    socket.write(extendedAnswer(request, SUCCESS))
    const { certFile, keyFile } = certificate
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    const secure = new TLSSocket(socket, { isServer: true, ...pair })
    secure.on('data', (data: Buffer) => heard.push(data)).on('error', () => {})
  }
}

const SUCCESS = 0
const UNAVAILABLE = 52

/** An answer to an extended request (RFC 4511 4.12), whose message id is the fifth byte of a short message. */
const extendedAnswer = (request: Buffer, code: number) =>
  Buffer.from([
    ...[0x30, 0x0c, 0x02, 0x01, request[4] ?? 0],
    ...[0x78, 0x07, 0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x00],
  ])

function dribble(socket: Socket, bytes: Buffer): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.destroyed || at === bytes.length) return clearInterval(timer)
    socket.write(bytes.subarray(at, at + 1))
    at += 1
  }, 1_000).unref()
}
