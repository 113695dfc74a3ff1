/** Which way of signing in this browser took last, remembered in the browser alone. */
import { useSyncExternalStore } from 'react'

const KEY = 'bennu.lastWay'
const never = () => () => {}

/** `local`, `ldap` or `oauth2:<name>`; null on the server and in a browser that was never here. */
export function useLastWay(): string | null {
  return useSyncExternalStore(never, readLastWay, () => null)
}

function readLastWay(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

/** Remembers the way that is being taken. A browser that keeps nothing is none the worse for it. */
export function rememberWay(way: string): void {
  try {
    localStorage.setItem(KEY, way)
  } catch {
    // A browser that stores nothing only loses the hint.
  }
}
