/** Sign-ins by the hundred, from an address of one's choice: the program trusts what comes from loopback. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from './program'

export interface SignInAttempt {
  email: string
  password?: string
  /** The address it seems to come from. */
  from: string
}

/** The status of one sign-in. */
export function statusOfSignIn(program: Pick<Program, 'port'>, attempt: SignInAttempt): Promise<number> {
  return send(program.port, attempt)
}

function send(port: number, { email, password = 'a wrong password', from }: SignInAttempt, agent?: Agent) {
  const body = JSON.stringify({ email, password })
  return new Promise<number>((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/auth/login',
        ...(agent && { agent }),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-forwarded-for': from,
        },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

export interface Flood {
  /** How often each status was answered. */
  readonly answered: ReadonlyMap<number, number>
  /** Answers a second, so far. */
  rate(): number
  /** Resolves when a second of it is over. */
  untilRunning(): Promise<void>
  stop(): Promise<void>
}

/** Sends wrong sign-ins, each to another account, as many a second as asked for or as can be had. */
export function floodWithSignIns(
  program: Pick<Program, 'port'>,
  { from, perSecond }: { from: string | ((n: number) => string); perSecond: number },
): Flood {
  const answered = new Map<number, number>()
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const startedAt = performance.now()
  const open = new Set<Promise<void>>()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * perSecond
    for (; sent < due && open.size < 1_000; sent++) {
      const address = typeof from === 'string' ? from : from(sent)
      const one: Promise<void> = send(
        program.port,
        { email: `nobody${sent}@example.com`, from: address },
        agent,
      )
        .then((status) => void answered.set(status, (answered.get(status) ?? 0) + 1))
        .catch(() => void answered.set(0, (answered.get(0) ?? 0) + 1))
        .finally(() => open.delete(one))
      open.add(one)
    }
  }, 5)
  const total = () => [...answered.values()].reduce((sum, count) => sum + count, 0)
  return {
    answered,
    rate: () => total() / ((performance.now() - startedAt) / 1000),
    untilRunning: () => sleep(1_000),
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}
