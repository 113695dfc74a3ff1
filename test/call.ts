/** Calls a route handler as the server would, and reads its answer. */

type Handler = (
  request: Request,
  context: { params: Promise<Record<string, string | string[] | undefined>> },
) => Response | Promise<Response>

export interface Call {
  method?: string
  /** Path and query. */
  path?: string
  params?: Record<string, string | string[] | undefined>
  headers?: Record<string, string>
  /** Text and bytes as they are, anything else as JSON; said to be JSON unless `headers` say otherwise. */
  body?: unknown
}

export interface Answer {
  status: number
  text: string
  headers: Headers
  /** The body parsed; throws when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  json: any
}

export async function call(handler: Handler, options: Call = {}): Promise<Answer> {
  const { method = 'GET', path = '/', params = {}, headers = {}, body } = options
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const request = new Request(`http://localhost:6006${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : isRaw ? (body as BodyInit) : JSON.stringify(body),
  })
  const response = await handler(request, { params: Promise.resolve(params) })
  const text = await response.text()
  return {
    status: response.status,
    text,
    headers: response.headers,
    get json() {
      return JSON.parse(text)
    },
  }
}
