/** Requests to identity providers: short, small, encrypted, and never led to another host. */
import { isSafeAddress } from '#server/oidc/rules'

/** For the whole of a request, its body included. */
const TIMEOUT_MS = 5_000
const MAX_BYTES = 1024 * 1024
const MAX_REDIRECTS = 3

/** The provider gave no usable answer. The sentence names no address: it may reach people who should not know it. */
export class ProviderUnreachable extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.name = 'ProviderUnreachable'
  }
}

export interface ProviderRequest {
  method?: string
  headers?: Record<string, string>
  body?: URLSearchParams
}

/**
 * Asks a provider and reads the whole answer, whatever its status.
 * @throws ProviderUnreachable: no answer in 5 s, more than a mebibyte, clear text, or a redirect to another host
 */
export async function fetchFromProvider(address: string, request: ProviderRequest = {}): Promise<Response> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let at = address
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (!isSafeAddress(at)) throw new ProviderUnreachable('the address is not https')
    const response = await ask(at, request, signal)
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) return readAll(response, signal)
    await response.body?.cancel()
    at = nextAddress(at, location, request)
  }
  throw new ProviderUnreachable('it redirects too often')
}

async function ask(address: string, request: ProviderRequest, signal: AbortSignal): Promise<Response> {
  const { method = 'GET', headers = {}, body } = request
  try {
    return await fetch(address, {
      method,
      headers: { accept: 'application/json', ...headers },
      body: body ?? null,
      redirect: 'manual',
      signal,
    })
  } catch (cause) {
    throw unreachable(cause, signal)
  }
}

function unreachable(cause: unknown, signal: AbortSignal): ProviderUnreachable {
  if (signal.aborted) return new ProviderUnreachable('it did not answer within 5 seconds', { cause })
  return new ProviderUnreachable(`no connection could be made${whyNot(cause)}`, { cause })
}

/** The code of what went wrong, and what it means: no address is in it. */
function whyNot(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } }
  const code = typeof cause?.code === 'string' && /^[A-Z0-9_]{1,60}$/.test(cause.code) ? cause.code : null
  if (code === null) return ''
  if (code === 'ENOTFOUND') return ' (ENOTFOUND: its name is not known here)'
  if (/CERT|ISSUER|SIGNATURE|SELF_SIGNED/.test(code))
    return ` (${code}: its certificate is not trusted; NODE_EXTRA_CA_CERTS names further authorities)`
  return ` (${code})`
}

function nextAddress(from: string, location: string, { method = 'GET' }: ProviderRequest): string {
  const isSame = URL.canParse(location, from) && new URL(location, from).host === new URL(from).host
  if (!isSame || method !== 'GET') throw new ProviderUnreachable('it redirects to another place')
  return new URL(location, from).href
}

async function readAll(response: Response, signal: AbortSignal): Promise<Response> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength
      if (size > MAX_BYTES) throw new ProviderUnreachable('its answer is larger than a mebibyte')
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof ProviderUnreachable) throw cause
    throw unreachable(cause, signal)
  }
  const { status, headers } = response
  const hasBody = status !== 204 && status !== 304
  const plain = new Headers({ 'content-type': headers.get('content-type') ?? 'application/octet-stream' })
  for (const name of ['www-authenticate', 'date'])
    if (headers.has(name)) plain.set(name, headers.get(name) ?? '')
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: plain })
}

/**
 * The JSON object at an address.
 * @throws ProviderUnreachable, also for any status but 200 and for anything but an object
 */
export async function fetchObject(
  address: string,
  request: ProviderRequest = {},
): Promise<Record<string, unknown>> {
  const response = await fetchFromProvider(address, request)
  if (response.status !== 200) throw new ProviderUnreachable(`it answered with status ${response.status}`)
  try {
    const json: unknown = JSON.parse(await response.text())
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>
  } catch (cause) {
    throw new ProviderUnreachable('its answer is not JSON', { cause })
  }
  throw new ProviderUnreachable('its answer is not a JSON object')
}
