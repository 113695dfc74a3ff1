'use client'
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react'
import { formatInstant, formatRelative } from '../format'
import { onLookChange } from '../shell/theme'
import { readZone, type Zone } from '../shell/zone'

const Now = createContext(0)

/** Gives every relative time below one clock, which starts at the server's and ticks every ten seconds. */
export function NowProvider({ initial, children }: { initial: number; children: ReactNode }) {
  const [now, setNow] = useState(initial)
  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(timer)
  }, [])
  return <Now value={now}>{children}</Now>
}

/** The shared clock in milliseconds. */
export function useNow(): number {
  return use(Now)
}

const never = () => () => {}

/** False on the server and while the page takes over from it; the reader's zone is known only then. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}

/** The exact instant in the zone that was chosen; null on the server, where no zone is known. `at` in milliseconds. */
export function useInstant(at: number): string | null {
  const zone = useSyncExternalStore<Zone | null>(onLookChange, readZone, () => null)
  return zone === null ? null : formatInstant(at, zone === 'utc')
}

/** A moment as a distance from now, with the exact instant on hover. `at` in milliseconds. */
export function RelativeTime({ at, className }: { at: number; className?: string }) {
  const now = useNow()
  const instant = useInstant(at)
  return (
    <time dateTime={new Date(at).toISOString()} title={instant ?? undefined} className={className}>
      {formatRelative(at, Math.max(now, 0) || at)}
    </time>
  )
}

/** The exact moment in the zone that was chosen; UTC until it is known. */
export function ExactTime({ at, className }: { at: number; className?: string }) {
  const instant = useInstant(at)
  return (
    <time dateTime={new Date(at).toISOString()} className={className}>
      {instant ?? new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC')}
    </time>
  )
}
