/**
 * Makes pages a few dozen times after the start, for nobody: by then the engine has compiled what makes them, and the
 * first people after a start do not wait for it.
 */
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'light-my-request'
import type { Runtime } from '#server/runtime'

/** A program that ends at once need not have been warm. */
const BEGIN_AFTER_MS = 1_000
/** After so many a page takes no less than after twice as many. */
const TIMES_EACH = 40
/** Where a page takes long, by many projects or a slow machine, it is warm enough after so much work. */
const ENOUGH_MS = 3_000
/** Whoever stops the program does not wait longer for a page that nobody asked for. */
const GRACE_MS = 500

type World = Pick<Runtime, 'config' | 'log' | 'ownRequests'>

/**
 * Begins to warm up; pages are asked of `pages` itself, so neither limits nor metrics count them.
 * @returns what ends it, after the page that is being made if that is done within half a second
 */
export function warmUp(
  world: World,
  pages: RequestListener,
  beginAfterMs = BEGIN_AFTER_MS,
): () => Promise<void> {
  const { log, ownRequests } = world
  const ending = new AbortController()
  const { signal } = ending
  const done = sleep(beginAfterMs, undefined, { signal, ref: false })
    .then(async () => {
      const since = performance.now()
      for (const page of pagesOf(world)) await makeAgainAndAgain(world, pages, page, signal)
      log.debug({ milliseconds: Math.round(performance.now() - since) }, 'the warm-up is over')
    })
    .catch((error) => {
      if (!signal.aborted) log.error({ err: error }, 'pages could not be warmed up')
    })
    .finally(() => ownRequests.end())
  return () => {
    ending.abort()
    ownRequests.end()
    return Promise.race([done, sleep(GRACE_MS)])
  }
}

interface Page {
  url: string
  /** What lets the server itself see it. */
  own?: Record<string, string>
}

/** What people see first, signed in and not. */
function pagesOf({ config, ownRequests }: World): Page[] {
  if (!config.auth.enabled) return [{ url: '/projects' }]
  return [{ url: '/projects', own: ownRequests.begin() }, { url: '/login?local=1' }]
}

async function makeAgainAndAgain(
  { log }: World,
  pages: RequestListener,
  { url, own }: Page,
  signal: AbortSignal,
): Promise<void> {
  // By its id whoever reads the log tells these requests from people's.
  const headers = { host: 'localhost', 'x-request-id': 'warm-up', ...own }
  let tookMs = 0
  for (let made = 0, spentMs = 0; made < TIMES_EACH && spentMs < ENOUGH_MS; made++, spentMs += tookMs) {
    // As long a pause as the page before took: half of one core, and whoever asks for a page meanwhile has a turn.
    await sleep(tookMs, undefined, { signal, ref: false })
    const since = performance.now()
    const { statusCode } = await inject(pages, { method: 'GET', url, headers })
    tookMs = performance.now() - since
    if (statusCode !== 200) return log.info({ url, statusCode }, 'a page could not be made to warm up')
  }
}
