import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below what systems give to connections that go out: one of those could take it before it is listened on. */
const LOWEST = 10_240
/** From here to 32,000 specs have ports of their own that are known beforehand. */
const HIGHEST = 28_000
/** Of the workers that run tests at a time, each has ports of its own: a program listens seconds after it was given one. */
const SHARES = 8
const SHARE = Math.floor((HIGHEST - LOWEST) / SHARES)
const FIRST =
  LOWEST + (Number(process.env.VITEST_POOL_ID ?? process.env.TEST_PARALLEL_INDEX ?? 0) % SHARES) * SHARE
const TRIES = 100

/** What this process has given out: whoever has it may not listen yet. */
const given = new Set<number>()

/** A port that nobody listens on just now, and hardly anybody else will be given. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, FIRST + SHARE)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error('no port is free')
}

/** On every address, as a server may want it. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
