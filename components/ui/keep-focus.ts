'use client'
import { useEffect } from 'react'

/** How long a dialog may take to give the focus back to what opened it. */
const PATIENCE_MS = 100

/**
 * When the part of the page that has the focus goes away and nothing takes it over (the row that opened a dialog is
 * deleted too), the content of the page gets it, so that whoever works by keyboard does not begin at the top again.
 */
export function useKeepFocus(): void {
  useEffect(() => () => void setTimeout(focusContentIfLost, PATIENCE_MS), [])
}

function focusContentIfLost(): void {
  if (document.activeElement !== document.body) return
  document.getElementById('content')?.focus({ preventScroll: true })
}
