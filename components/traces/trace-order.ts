/** The order in which a list shows its traces, so that a trace opened from it knows its neighbours. */
import { useSyncExternalStore } from 'react'

interface Order {
  projectId: number
  traceIds: readonly string[]
}

let order: Order | null = null
const listeners = new Set<() => void>()

/** Says what the list shows; null once it is gone. */
export function setTraceOrder(next: Order | null): void {
  order = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The traces above and below one in the list behind it. */
export function useNeighbours(projectId: number, traceId: string): { above?: string; below?: string } {
  const now = useSyncExternalStore(
    subscribe,
    () => order,
    () => null,
  )
  const at = now?.projectId === projectId ? now.traceIds.indexOf(traceId) : -1
  if (!now || at < 0) return {}
  const above = now.traceIds[at - 1]
  const below = now.traceIds[at + 1]
  return { ...(above ? { above } : {}), ...(below ? { below } : {}) }
}
