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
/** Where pages take long, by many projects or a slow machine, they are warm enough after so much work. */
const ENOUGH_MS = 5_000
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
  const { log } = world
  const ending = new AbortController()
  const { signal } = ending
  const done = sleep(beginAfterMs, undefined, { signal, ref: false })
    .then(async () => {
      const since = performance.now()
      await makeAgainAndAgain(world, pages, signal)
      log.debug({ milliseconds: Math.round(performance.now() - since) }, 'pages are warm')
    })
    .catch((error) => {
      if (!signal.aborted) log.debug({ err: error }, 'pages could not be warmed up')
    })
  return () => {
    ending.abort()
    return Promise.race([done, sleep(GRACE_MS)])
  }
}

async function makeAgainAndAgain(
  { config, ownRequests }: World,
  pages: RequestListener,
  signal: AbortSignal,
): Promise<void> {
  const headers = { host: 'localhost', ...ownRequests.begin() }
  // What people see first, signed in and not.
  const urls = config.auth.enabled ? ['/projects', '/login?local=1'] : ['/projects']
  try {
    let spentMs = 0
    for (let made = 0; made < urls.length * TIMES_EACH && spentMs < ENOUGH_MS; made++) {
      const url = urls[made % urls.length] as string
      const since = performance.now()
      const { statusCode } = await inject(pages, { method: 'GET', url, headers })
      if (statusCode !== 200) throw new Error(`${url} was answered with ${statusCode}`)
      const tookMs = performance.now() - since
      spentMs += tookMs
      // As long a pause: half of one core, and whoever asks for a page meanwhile has a turn.
      await sleep(tookMs, undefined, { signal, ref: false })
    }
  } finally {
    ownRequests.end()
  }
}
