/** A mail server for tests, which keeps what it is given. */
import { createServer, type Server, type Socket } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { MailConfig } from '#server/config/model'
import { until } from './program'

export interface ReceivedMail {
  /** The envelope. */
  from: string
  to: string[]
  /** Whether it came encrypted. */
  secure: boolean
  /** Who signed in; null for nobody. */
  user: string | null
  raw: string
  /** The mail taken apart. */
  parsed: Email
}

export interface MailServer {
  readonly port: number
  readonly mails: ReceivedMail[]
  /** What clients were seen to say that gives something away: `AUTH`, `MAIL`. */
  readonly seen: string[]
  /** Waits for the mails to this address to be so many, and returns the last. */
  untilMailTo(address: string, count?: number): Promise<ReceivedMail>
  stop(): Promise<void>
}

export interface MailServerOptions {
  tls?: 'starttls' | 'implicit' | 'none'
  /** Asks for them, and takes no others. */
  credentials?: { username: string; password: string }
  /** Refuses every recipient. */
  refusesRecipients?: boolean
  /** PEM texts; a certificate that nobody trusts when left out. */
  certificate?: { key: string; cert: string }
}

/** Starts a mail server on 127.0.0.1 and a free port. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const seen: string[] = []
  const server = new SMTPServer(settingsFor(options, mails, seen))
  server.on('error', () => {})
  const port = await listen(server.server as unknown as Server)
  return {
    port,
    mails,
    seen,
    untilMailTo: (address, count = 1) =>
      until(`${count} mails to ${address}`, () => {
        const theirs = mails.filter(({ to }) => to.includes(address))
        return theirs.length >= count ? theirs.at(-1) : undefined
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function settingsFor(options: MailServerOptions, mails: ReceivedMail[], seen: string[]): SMTPServerOptions {
  const { tls = 'starttls', credentials, certificate, refusesRecipients } = options
  return {
    secure: tls === 'implicit',
    ...certificate,
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(credentials ? [] : ['AUTH'])],
    authOptional: credentials === undefined,
    // A client that sends its password in the clear is to be caught, not hindered.
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      seen.push('AUTH')
      const good = username === credentials?.username && password === credentials?.password
      if (good) done(null, { user: username })
      else done(new Error('Wrong credentials'))
    },
    onMailFrom(_address, _session, done) {
      seen.push('MAIL')
      done()
    },
    onRcptTo({ address }, _session, done) {
      if (!refusesRecipients) return done()
      done(Object.assign(new Error(`No such mailbox: ${address}`), { responseCode: 550 }))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString('utf8')
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user ?? null,
          raw,
          parsed: await PostalMime.parse(raw),
        })
        done()
      })
    },
  }
}

/** Something that takes connections and never says a word. */
export async function startSilentServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listen(server)
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** A port of this machine on which nobody listens. */
export async function closedPort(): Promise<number> {
  const silent = await startSilentServer()
  await silent.stop()
  return silent.port
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

/** Mail by a server on this machine without credentials, frozen as configurations are; `rest` replaces members. */
export function mailConfig(port: number, rest: Partial<MailConfig> = {}): MailConfig {
  return Object.freeze({
    host: '127.0.0.1',
    port,
    username: null,
    password: null,
    from: Object.freeze({ name: 'Bennu', address: 'bennu@example.com' }),
    validateCerts: true,
    securityMails: true,
    ...rest,
  })
}

/** Where the link with this id leads. */
export function linkIn({ parsed }: ReceivedMail, id: string): string | null {
  const match = new RegExp(`<a id="${id}" href="([^"]*)"`).exec(parsed.html ?? '')
  return match?.[1]?.replaceAll('&amp;', '&') ?? null
}
