/** How pages talk to the server: one fetch with errors as sentences and one silent renewal of the session. */
import { withRoot } from './root-path'
import { sharedStorage, withTabLock } from './tab-lock'

export interface FieldProblem {
  loc: (string | number)[]
  msg: string
}

/** A refused or failed request, with what a person may be told. */
export class ApiError extends Error {
  constructor(
    /** 0 when the server was not reached. */
    readonly status: number,
    sentence: string,
    readonly requestId: string | null,
    readonly faults: FieldProblem[] = [],
  ) {
    super(sentence)
    this.name = 'ApiError'
  }

  /** Whether the same request may succeed later. */
  get canRetry(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

interface ApiOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
  /** False for the sign-in routes, where a 401 is an answer and no lost session. */
  renew?: boolean
}

let renewal: Promise<boolean> | null = null
/** In the storage that all tabs share: when one of them renewed the session last. */
const RENEWED_AT = 'bennu.renewedAt'

/**
 * Trades the refresh cookie for new ones, once for all requests and all tabs that wait.
 * @param sinceMs when the cookies were found wanting: nothing is done if another tab has renewed them since
 */
export function renewSession(sinceMs: number): Promise<boolean> {
  renewal ??= withTabLock('bennu.renew', () => renewUnlessDone(sinceMs)).finally(() => {
    renewal = null
  })
  return renewal
}

async function renewUnlessDone(sinceMs: number): Promise<boolean> {
  const shared = sharedStorage()
  if (Number(shared?.getItem(RENEWED_AT)) > sinceMs) return true
  try {
    // Kept alive when the page is left, or the browser would go on with a cookie that has been used.
    const { ok } = await fetch(withRoot('/auth/refresh'), { method: 'POST', keepalive: true })
    if (ok) rememberRenewal(shared)
    return ok
  } catch {
    return false
  }
}

function rememberRenewal(shared: ReturnType<typeof sharedStorage>): void {
  try {
    shared?.setItem(RENEWED_AT, String(Date.now()))
  } catch {
    // A full storage: other tabs renew once more, one after the other.
  }
}

function send(path: string, { method = 'GET', body, signal }: ApiOptions): Promise<Response> {
  return fetch(withRoot(path), {
    method,
    signal: signal ?? null,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
}

/**
 * Asks the server and returns its JSON (undefined for 204).
 * @throws ApiError for anything but success
 */
export async function api<T>(path: string, options: ApiOptions = {}): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const sentAtMs = Date.now()
    const response = await sendOrFail(path, options)
    if (response.status !== 401 || options.renew === false || attempt === 3) return read<T>(response)
    if (!(await renewSession(sentAtMs))) {
      // Whoever has gone elsewhere meanwhile is not pulled back.
      options.signal?.throwIfAborted()
      return leaveForLogin()
    }
  }
}

async function sendOrFail(path: string, options: ApiOptions): Promise<Response> {
  try {
    return await send(path, options)
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new ApiError(0, 'The server cannot be reached. Check the connection and try again.', null)
  }
}

async function read<T>(response: Response): Promise<T> {
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  throw await errorOf(response)
}

async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id')
  const text = await response.text().catch(() => '')
  if (response.headers.get('content-type')?.includes('json')) {
    const faults = faultsOf(text)
    const sentence = faults[0]?.msg ?? fallback(response.status)
    return new ApiError(response.status, sentence, requestId, faults)
  }
  const isSentence = text !== '' && text.length < 300 && !text.startsWith('<') && response.status < 500
  return new ApiError(response.status, isSentence ? text : fallback(response.status), requestId)
}

function faultsOf(text: string): FieldProblem[] {
  try {
    const body = JSON.parse(text) as { detail?: unknown }
    return Array.isArray(body.detail) ? (body.detail as FieldProblem[]) : []
  } catch {
    return []
  }
}

function fallback(status: number): string {
  if (status === 404) return 'This is no longer there.'
  if (status === 429) return 'Too many requests. Wait a moment and try again.'
  if (status >= 500) return 'The server could not answer. Try again in a moment.'
  return 'The server refused the request.'
}

/** After so long a page that is still there was not left after all. */
const LEAVE_MS = 10_000
let leftAtMs = Number.NEGATIVE_INFINITY

/** Goes to a path of ours by loading it; nothing that this page asked for before may lead elsewhere meanwhile. */
export function leaveTo(path: string): void {
  leftAtMs = performance.now()
  location.assign(withRoot(path))
}

function leaveForLogin(): Promise<never> {
  const here = location.pathname.slice(withRoot('').length) + location.search
  const isThere = /^\/login([/?]|$)/.test(here)
  const isLeaving = performance.now() - leftAtMs < LEAVE_MS
  if (!isLeaving && !isThere) leaveTo(`/login?returnUrl=${encodeURIComponent(here)}`)
  return new Promise(() => {})
}
