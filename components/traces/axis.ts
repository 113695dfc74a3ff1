/** The time axis of the waterfall. Pure; microseconds. */

export interface Tick {
  /** Place on the axis, 0 to 1. */
  at: number
  micros: number
}

/** Round moments for a ruler over `total` microseconds: at most `most` steps of 1, 2 or 5 times a power of ten. */
export function ticksFor(total: number, most = 5): Tick[] {
  if (total <= 0) return [{ at: 0, micros: 0 }]
  const rough = total / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power)
  const ticks: Tick[] = []
  for (let i = 0; i * step <= total; i++) ticks.push({ at: (i * step) / total, micros: Math.round(i * step) })
  return ticks
}

/** Where a span lies on the axis, as fractions; a span without length keeps its place. */
export function barOf(span: { startTime: number; endTime: number }, start: number, end: number) {
  const total = Math.max(1, end - start)
  const left = (span.startTime - start) / total
  return { left, width: Math.max(0, (span.endTime - span.startTime) / total) }
}
