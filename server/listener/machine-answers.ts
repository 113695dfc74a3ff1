/** Short answers for machines: liveness, readiness, plain sentences, wrong methods. */
import type { ServerResponse } from 'node:http'
import type { Runtime } from '#server/runtime'

/** How long readiness waits for the database. */
const PING_MS = 2_000

/** What an address that only tells something may be asked with. */
export const READING: readonly string[] = ['GET', 'HEAD']

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(text)
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** 200 once everything this command was asked to run listens. Does not ask the database. */
export async function answerHealth(runtime: Runtime, response: ServerResponse): Promise<void> {
  if (runtime.isReady()) answerText(response, 200, 'OK')
  else answerText(response, 503, 'starting')
}

/** 200 `{}` when everything listens and the database answers; 503 with the reason otherwise. */
export async function answerReadiness(runtime: Runtime, response: ServerResponse): Promise<void> {
  if (!runtime.isReady()) return answerJson(response, 503, { reason: 'starting' })
  if (await databaseAnswers(runtime)) return answerJson(response, 200, {})
  answerJson(response, 503, { reason: 'the database does not answer' })
}

async function databaseAnswers(runtime: Runtime): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_MS)
  })
  const ping = runtime.db.ping().then(
    () => true,
    () => false,
  )
  const answers = await Promise.race([ping, late])
  clearTimeout(timer)
  return answers
}

/** 405, naming the methods that would do (RFC 9110 15.5.6). */
export function refuseMethod(response: ServerResponse, methods: readonly string[]): void {
  const allowed = methods.join(', ')
  response.setHeader('allow', allowed)
  response.setHeader('x-error-code', 'method_not_allowed')
  answerText(response, 405, `Method not allowed here; try ${allowed}`)
}
