/**
 * One connection to one host of a directory. It fails closed: nothing is sent over it that TLS should protect before TLS
 * is there, nor after it has gone.
 */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Client, type Filter } from 'ldapts'
import type { LdapConfig } from '#server/config/model'
import type { Deadline } from '#server/ldap/deadline'
import type { Entry } from '#server/ldap/entry'
import { tlsOptions } from '#server/ldap/tls'
import { type LdapStep, LdapTrouble, troubleOf } from '#server/ldap/trouble'

/** To connect, and as much again for TLS. */
const CONNECT_MS = 5_000
/** One question and its answer. */
const OPERATION_MS = 10_000

export interface SearchOptions {
  filter: string | Filter
  attributes: readonly string[]
  /** Entries that are enough; the directory stops there. */
  sizeLimit?: number
  scope?: 'base' | 'sub'
}

/** What the library keeps to itself, and we cannot do without. */
interface Inner {
  host: string
  socket?: Socket
  messageParser: { buffer?: Buffer }
  _connect(): Promise<void> | undefined
}

const inner = (client: Client) => client as unknown as Inner

export class Connection {
  readonly host: string
  readonly #client: Client
  readonly #ldap: LdapConfig
  readonly #deadline: Deadline
  #raw: Socket | undefined

  constructor(ldap: LdapConfig, host: string, deadline: Deadline) {
    this.host = host
    this.#ldap = ldap
    this.#deadline = deadline
    const isLdaps = ldap.tls.mode === 'ldaps'
    this.#client = new Client({
      url: `${isLdaps ? 'ldaps' : 'ldap'}://host.invalid:${ldap.port}`,
      ...(isLdaps && { tlsOptions: tlsOptions(ldap, host) }),
      // Only for the timers of the library: those of `#within` come first.
      timeout: OPERATION_MS + CONNECT_MS,
    })
    // Out of a URL the library reads the groups of an IPv6 address as decimal numbers.
    inner(this.#client).host = host
  }

  /** Connects, and makes TLS if the settings ask for it. @throws LdapTrouble */
  async open(): Promise<void> {
    try {
      await this.#within('reach', CONNECT_MS, async () => inner(this.#client)._connect())
      this.#raw = inner(this.#client).socket
      if (this.#ldap.tls.mode === 'starttls') await this.#startTls()
    } catch (error) {
      this.close()
      throw error
    }
  }

  async #startTls(): Promise<void> {
    const options = tlsOptions(this.#ldap, this.host)
    await this.#within('tls', CONNECT_MS, () => this.#client.startTLS(options))
    // Half a message that came in the clear would be completed by what comes through TLS, and taken for an answer of the
    // directory: "yes, this is the password".
    const parser: Inner['messageParser'] | undefined = inner(this.#client).messageParser
    if (!parser || parser.buffer?.length) throw new LdapTrouble('tls', 'protocol')
  }

  /**
   * Signs this connection in.
   * @throws LdapTrouble at step `bind`; an `answer` that `bindRefusal` knows is no trouble but a refusal
   */
  async bind(dn: string, password: string): Promise<void> {
    // Either of them empty asks to be nobody, to which a directory says yes (RFC 4513 5.1).
    if (dn.trim() === '' || password === '') throw new Error('A bind needs a name and a password')
    await this.#ask('bind', OPERATION_MS, () => this.#client.bind(dn, password))
  }

  /** Entries at and below `base`. References to other servers are not followed. @throws LdapTrouble at step `search` */
  async search(base: string, options: SearchOptions): Promise<Entry[]> {
    const { filter, attributes, sizeLimit, scope = 'sub' } = options
    const { searchEntries } = await this.#ask('search', OPERATION_MS, () =>
      this.#client.search(base, {
        filter,
        scope,
        attributes: [...attributes],
        ...(sizeLimit !== undefined && { sizeLimit }),
      }),
    )
    return searchEntries
  }

  /** Ends the connection at once; as often as one likes. */
  close(): void {
    inner(this.#client).socket?.destroy()
    this.#raw?.destroy()
  }

  /** The library would connect anew, and in the clear, where the connection has gone. */
  #ask<T>(step: LdapStep, longestMs: number, question: () => Promise<T>): Promise<T> {
    return this.#within(step, longestMs, async () => {
      const { socket } = inner(this.#client)
      if (!this.#client.isConnected || !socket || socket.destroyed) throw new LdapTrouble(step, 'closed')
      if (this.#ldap.tls.mode !== 'none' && !(socket instanceof TLSSocket)) throw new LdapTrouble(step, 'tls')
      return question()
    })
  }

  /** A connection whose answer is late is of no use any more: it may still come, for another question. */
  async #within<T>(step: LdapStep, longestMs: number, work: () => Promise<T>): Promise<T> {
    const milliseconds = Math.min(longestMs, this.#deadline.remainingMs())
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new LdapTrouble(step, 'timeout'))
        this.close()
      }, milliseconds)
    })
    try {
      return await Promise.race([work(), late])
    } catch (error) {
      throw troubleOf(step, error)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A connection that nobody has signed in, with TLS if the settings ask for it. @throws LdapTrouble at step `reach` or `tls` */
export async function openConnection(
  ldap: LdapConfig,
  host: string,
  deadline: Deadline,
): Promise<Connection> {
  const connection = new Connection(ldap, host, deadline)
  await connection.open()
  return connection
}

/** A connection that may search: as the service account if there is one, else as nobody. @throws LdapTrouble */
export async function openForSearch(ldap: LdapConfig, host: string, deadline: Deadline): Promise<Connection> {
  const connection = await openConnection(ldap, host, deadline)
  try {
    if (ldap.bind) await connection.bind(ldap.bind.dn, ldap.bind.password)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
