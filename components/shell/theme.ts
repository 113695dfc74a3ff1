/**
 * The theme and the width of the rail are kept in this browser and applied to <html> before the first
 * paint by BOOT_SCRIPT, so that nothing flashes. Without a choice the system decides, in CSS alone.
 */

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const THEME_KEY = 'bennu.theme'
const RAIL_KEY = 'bennu.rail'

/** Runs in <head>, with the nonce of the page. */
export const BOOT_SCRIPT = `try{var d=document.documentElement.dataset,t=localStorage.getItem('${THEME_KEY}');if(t==='light'||t==='dark')d.theme=t;if(localStorage.getItem('${RAIL_KEY}')==='icons')d.rail='icons'}catch(e){}`

const CHANGED = 'bennu:look'

function keep(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Storage may be closed to us; the choice then lasts as long as the page.
  }
}

export function readTheme(): Theme {
  const theme = document.documentElement.dataset.theme
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  keep(THEME_KEY, theme === 'system' ? null : theme)
  dispatchEvent(new Event(CHANGED))
}

export function toggleRail(): void {
  const { dataset } = document.documentElement
  if (dataset.rail) delete dataset.rail
  else dataset.rail = 'icons'
  keep(RAIL_KEY, dataset.rail ?? null)
}

/** For useSyncExternalStore. */
export function onLookChange(listener: () => void): () => void {
  addEventListener(CHANGED, listener)
  return () => removeEventListener(CHANGED, listener)
}
