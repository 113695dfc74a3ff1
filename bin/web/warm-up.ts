/**
 * Makes a page a few dozen times after the start, for nobody: by then the engine has compiled what makes pages, and the
 * first people after a start do not wait for it. Everybody who asks meanwhile goes first.
 */
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'light-my-request'
import type { Runtime } from '#server/runtime'

/** A program that ends at once need not have been warm. */
const BEGIN_AFTER_MS = 5_000
/** After so many a page takes no less than after twice as many. */
const TIMES = 60
/** At most a quarter of one core. */
const PAUSE_MS = 75

/**
 * Begins to warm up; pages are asked of `pages` itself, so neither limits nor metrics count them.
 * @returns what ends it
 */
export function warmUp({ config, log }: Pick<Runtime, 'config' | 'log'>, pages: RequestListener): () => void {
  const ending = new AbortController()
  // The one that needs no credential.
  const url = config.auth.enabled ? '/login' : '/projects'
  void makeAgainAndAgain(pages, url, ending.signal).catch((error) => {
    if (!ending.signal.aborted) log.debug({ err: error }, 'pages could not be warmed up')
  })
  return () => ending.abort()
}

async function makeAgainAndAgain(pages: RequestListener, url: string, signal: AbortSignal): Promise<void> {
  await sleep(BEGIN_AFTER_MS, undefined, { signal, ref: false })
  for (let time = 0; time < TIMES; time++) {
    await inject(pages, { method: 'GET', url, headers: { host: 'localhost' }, signal })
    await sleep(PAUSE_MS, undefined, { signal, ref: false })
  }
}
