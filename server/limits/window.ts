/**
 * A sliding window: whether one more request fits into the last so many seconds. Pure. Requests are counted by slices of
 * a sixtieth of the window, so that what is kept of somebody stays small; a slice counts until all of it is past, so
 * the limit errs by at most that much, and never lets one through too many.
 */
import type { Rate } from '#server/config/model'

/** Number of a slice of time since 1970, and how many requests fell into it; in order. */
export type Hits = readonly (readonly [slice: number, count: number])[]

export interface Verdict {
  /** What to keep: the request counted in when it was let through. A refused one does not count. */
  hits: Hits
  /** 0 when the request is let through, else the milliseconds until one would be. */
  waitMs: number
}

const SLICES = 60

/** Judges one request at `nowMs` against those before it. */
export function judge(before: Hits, rate: Rate, nowMs: number): Verdict {
  const sliceMs = Math.ceil(rate.windowMs / SLICES)
  const end = (slice: number) => (slice + 1) * sliceMs
  // A clock that was put back must not leave somebody shut out until it has caught up.
  const hits = before.filter(
    ([slice]) => end(slice) > nowMs - rate.windowMs && slice * sliceMs <= nowMs + rate.windowMs,
  )
  const total = hits.reduce((sum, [, count]) => sum + count, 0)
  if (total >= rate.count)
    return { hits, waitMs: waitFor(hits, total - rate.count + 1, end) + rate.windowMs - nowMs }
  return { hits: withOneMore(hits, Math.floor(nowMs / sliceMs)), waitMs: 0 }
}

/** When so many of the oldest requests lie in slices that are over, in milliseconds since 1970. */
function waitFor(hits: Hits, needed: number, end: (slice: number) => number): number {
  let gone = 0
  for (const [slice, count] of hits) {
    gone += count
    if (gone >= needed) return end(slice)
  }
  return 0
}

function withOneMore(hits: Hits, slice: number): Hits {
  const others = hits.filter(([other]) => other !== slice)
  const count = hits.find(([other]) => other === slice)?.[1] ?? 0
  return [...others, [slice, count + 1] as const].sort(([a], [b]) => a - b)
}

/** When what is kept of a window may be forgotten, if nobody comes again. */
export function expiryOf(rate: Rate, nowMs: number): Date {
  return new Date(nowMs + rate.windowMs + Math.ceil(rate.windowMs / SLICES))
}
