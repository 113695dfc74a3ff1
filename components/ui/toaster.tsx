'use client'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { hasToasts, onFirstToast } from './notify'

const Toasts = lazy(() => import('./toasts').then((m) => ({ default: m.Toasts })))

/** Where short confirmations appear; loaded with the first of them. */
export function Toaster() {
  const wanted = useSyncExternalStore(onFirstToast, hasToasts, () => false)
  return <Suspense>{wanted && <Toasts />}</Suspense>
}
