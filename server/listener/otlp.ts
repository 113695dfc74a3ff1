/** /v1/traces on a server of our own: a Next handler would cost thirty times as much. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { handleOtlp } from '#server/otlp/http'
import type { Runtime } from '#server/runtime'

/** How long a client may go on sending a body whose answer is already known. */
const LINGER_MS = 5_000

/** Answers an export request of any method. */
export async function answerOtlp(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const header = (name: string) => {
    const value = request.headers[name.toLowerCase()]
    return value === undefined ? null : String(value)
  }
  const reply = await handleOtlp(
    {
      method: request.method ?? 'GET',
      header,
      // Leaving the loop early must not close the socket: the refusal still has to be sent.
      body: request.iterator({ destroyOnReturn: false }),
      peer: header('x-bennu-peer'),
      requestId: header('x-request-id') ?? '',
    },
    runtime,
  )
  if (response.destroyed) return
  response.writeHead(reply.status, reply.headers)
  response.end(reply.body)
  if (!request.complete) cutLater(request)
}

function cutLater(request: IncomingMessage): void {
  request.resume()
  const timer = setTimeout(() => request.destroy(), LINGER_MS)
  request.once('close', () => clearTimeout(timer))
}
