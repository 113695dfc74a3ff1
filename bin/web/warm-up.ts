/**
 * Makes a page a few dozen times after the start, for nobody: by then the engine has compiled what makes pages, and the
 * first people after a start do not wait for it.
 */
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'light-my-request'
import type { Runtime } from '#server/runtime'

/** A program that ends at once need not have been warm. */
const BEGIN_AFTER_MS = 1_000
/** After so many a page takes no less than after twice as many. */
const TIMES = 60
/** Whoever stops the program does not wait longer for a page that nobody asked for. */
const GRACE_MS = 500

/**
 * Begins to warm up; pages are asked of `pages` itself, so neither limits nor metrics count them.
 * @returns what ends it, after the page that is being made if that is done within half a second
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
    .then(async () => {
      const since = performance.now()
      await makeAgainAndAgain(pages, url, signal)
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

async function makeAgainAndAgain(pages: RequestListener, url: string, signal: AbortSignal): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    const since = performance.now()
    await inject(pages, { method: 'GET', url, headers: { host: 'localhost' } })
    // As long a pause: half of one core, and whoever asks for a page meanwhile has a turn.
    await sleep(performance.now() - since, undefined, { signal, ref: false })
  }
}
