/**
 * What clients do all the time on several replicas, noting every answer that is not the right one. A refused connection
 * or stream goes to the next replica, as a load balancer would send it; nothing else is tried twice.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashToken } from '#server/auth/tokens'
import { type GrpcAnswer, GrpcTestClient } from './grpc'
import { exportRequest } from './otlp'
import type { Program } from './program'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Sent {
  headers?: Record<string, string>
  body?: unknown
}

/** One request on a connection of its own. */
export function ask(
  baseUrl: string,
  method: string,
  path: string,
  { headers, body }: Sent = {},
): Promise<Answer> {
  const bytes = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${baseUrl}${path}`,
      {
        method,
        agent: false,
        headers: { connection: 'close', ...(bytes && { 'content-type': 'application/json' }), ...headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part) => {
          text += part
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(bytes)
  })
}

/**
 * True when no server took the call: no connection, one that the system had taken and that was reset when the listener
 * closed, or a stream that was refused before any work (RFC 9113, 8.7).
 */
const isUntouched = ({ code, details }: GrpcAnswer) =>
  code === 'UNAVAILABLE' &&
  /ECONNREFUSED|ECONNRESET|Connection dropped|Stream refused by server/.test(details)

const UNTOUCHED = ['ECONNREFUSED', 'ECONNRESET']

/** The Cookie header of what an answer sets. */
export const cookiesOf = ({ headers }: Answer): string =>
  (headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')

export const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** Who sends, all made before the traffic begins. */
export interface Senders {
  systemKey: string
  userKey: string
  /** The Cookie header of a browser that stays signed in. */
  session: string
  email: string
  password: string
  adminSecret: string
}

/** Traffic on replicas that may be restarted. */
export class Traffic {
  /** Everything that was not as it should be. */
  readonly faults: string[] = []
  /** Right answers by kind. */
  readonly done: Record<string, number> = {}
  refused = 0
  #running = true
  readonly #loops: Promise<void>[] = []
  #turn = 0
  #spans = 0

  constructor(
    readonly replicas: readonly Pick<Program, 'baseUrl' | 'grpcPort'>[],
    readonly senders: Senders,
  ) {}

  start(): void {
    const { systemKey, userKey, session } = this.senders
    this.#loop('read with a key', () => this.#expect(200, 'GET', '/v1/projects', bearer(userKey)))
    this.#loop('read with a session', () => this.#expect(200, 'GET', '/v1/user', { cookie: session }))
    this.#loop('send spans', () =>
      this.#expect(200, 'POST', '/v1/traces', bearer(systemKey), exportRequest([this.#span()])),
    )
    this.#loop('send spans by gRPC', () => this.#grpc())
    this.#loop('sign in, renew, leave', () => this.#visit())
    this.#loop('store a secret', () => this.#storeSecret())
  }

  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#loops)
  }

  /** Waits until each kind of traffic has had `count` more right answers. */
  async untilMore(count: number): Promise<void> {
    const before = { ...this.done }
    const deadline = Date.now() + 60_000
    while (Object.keys(before).some((kind) => (this.done[kind] ?? 0) < (before[kind] ?? 0) + count)) {
      if (Date.now() > deadline) throw new Error(`the traffic stands still: ${JSON.stringify(this.done)}`)
      await sleep(20)
    }
  }

  #loop(kind: string, once: () => Promise<unknown>): void {
    this.done[kind] = 0
    const run = async () => {
      while (this.#running) {
        try {
          await once()
          this.done[kind] = (this.done[kind] ?? 0) + 1
        } catch (error) {
          this.faults.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
        }
        await sleep(80)
      }
    }
    this.#loops.push(run())
  }

  /** Alternates between the replicas; a refused connection goes to the next one. */
  async #send(method: string, path: string, sent: Sent): Promise<Answer> {
    for (let turn = this.#turn++, tries = 1; ; turn++, tries++) {
      const replica = this.#replica(turn)
      try {
        return await ask(replica.baseUrl, method, path, sent)
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code
        if (!UNTOUCHED.includes(code ?? '') || tries === this.replicas.length)
          throw new Error(`${method} ${path}: ${code ?? error}`)
        this.refused++
      }
    }
  }

  #replica(turn: number) {
    const replica = this.replicas[turn % this.replicas.length]
    if (!replica) throw new Error('no replica')
    return replica
  }

  async #expect(
    status: number,
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Answer> {
    const answer = await this.#send(method, path, { headers, ...(body !== undefined && { body }) })
    if (answer.status !== status)
      throw new Error(
        `${method} ${path} is ${answer.status} instead of ${status}: ${answer.text.slice(0, 100)}`,
      )
    return answer
  }

  async #grpc(): Promise<void> {
    for (let turn = this.#turn++, tries = 1; ; turn++, tries++) {
      const client = new GrpcTestClient(this.#replica(turn).grpcPort)
      const answer = await client.call(new Uint8Array(), `Bearer ${this.senders.systemKey}`)
      client.close()
      if (answer.code === 'OK') return
      if (!isUntouched(answer) || tries === this.replicas.length)
        throw new Error(`Export: ${answer.code} ${answer.details}`)
      this.refused++
    }
  }

  /** Each step goes to another replica than the one before. */
  async #visit(): Promise<void> {
    const { email, password } = this.senders
    const signedIn = await this.#expect(204, 'POST', '/auth/login', {}, { email, password })
    await this.#expect(200, 'GET', '/v1/user', { cookie: cookiesOf(signedIn) })
    const renewed = await this.#expect(204, 'POST', '/auth/refresh', { cookie: cookiesOf(signedIn) })
    await this.#expect(200, 'GET', '/v1/user', { cookie: cookiesOf(renewed) })
    await this.#expect(401, 'GET', '/v1/user', { cookie: cookiesOf(signedIn) })
  }

  async #storeSecret(): Promise<void> {
    const key = `K${this.#turn % 7}`
    const headers = bearer(this.senders.adminSecret)
    await this.#expect(200, 'PUT', '/v1/secrets', headers, { secrets: [{ key, value: `value of ${key}` }] })
    const { text } = await this.#expect(200, 'GET', '/ui/secrets', headers)
    const { secrets } = JSON.parse(text) as { secrets: { key: string; state: string }[] }
    const unreadable = secrets.filter(({ state }) => state !== 'set')
    if (unreadable.length > 0) throw new Error(`cannot be read: ${unreadable.map((each) => each.key)}`)
  }

  #span() {
    const seed = hashToken(`span ${this.#spans++}`)
    return {
      traceId: seed.slice(0, 32),
      spanId: seed.slice(32, 48),
      name: 'ask',
      kind: 1,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000001000000000',
      attributes: [],
      status: {},
    }
  }
}
