/**
 * Makes a page a few dozen times after the start, for nobody: by then the engine has compiled what makes pages, and the
 * first people after a start do not wait for it.
 */
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'light-my-request'
import type { Runtime } from '#server/runtime'

/** A program that ends at once need not have been warm; who comes later than a moment after the start finds it done. */
const BEGIN_AFTER_MS = 1_000
/** After so many a page takes no less than after twice as many. */
const TIMES = 60
/** A pause as long as a page took: half of one core, for a second or two where nothing else is to do. */
const PAUSES = 1

/**
 * Begins to warm up; pages are asked of `pages` itself, so neither limits nor metrics count them.
 * @returns what ends it, after the page that is being made
 */
export function warmUp(
  { config, log }: Pick<Runtime, 'config' | 'log'>,
  pages: RequestListener,
  beginAfterMs = BEGIN_AFTER_MS,
): () => Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  // What needs no credential, and leads nowhere else by itself.
  const url = config.auth.enabled ? '/login?local=1' : '/projects'
  const done = sleep(beginAfterMs, undefined, { signal, ref: false })
    .then(() => makeAgainAndAgain(pages, url, signal))
    .catch((error) => {
      if (!signal.aborted) log.debug({ err: error }, 'pages could not be warmed up')
    })
  return () => {
    ending.abort()
    return done
  }
}

async function makeAgainAndAgain(pages: RequestListener, url: string, signal: AbortSignal): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    const since = performance.now()
    await inject(pages, { method: 'GET', url, headers: { host: 'localhost' } })
    await sleep((performance.now() - since) * PAUSES, undefined, { signal, ref: false })
  }
}
