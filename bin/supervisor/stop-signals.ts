import type { StopSignals } from './supervise'

/** Counts SIGTERM and SIGINT: the first asks for an orderly end, the second for an end at once. */
export function listenForStop(): StopSignals {
  let count = 0
  const listeners: { stop: (() => void)[]; now: (() => void)[] } = { stop: [], now: [] }
  const hear = () => {
    count += 1
    for (const listener of count === 1 ? listeners.stop : listeners.now) listener()
  }
  process.on('SIGTERM', hear)
  process.on('SIGINT', hear)
  return {
    onStop: (listener) => {
      listeners.stop.push(listener)
      if (count > 0) listener()
    },
    onNow: (listener) => {
      listeners.now.push(listener)
      if (count > 1) listener()
    },
  }
}
