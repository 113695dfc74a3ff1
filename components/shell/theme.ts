/**
 * The theme and the width of the rail are kept in this browser and applied to <html> before the first
 * paint by BOOT_SCRIPT, so that nothing flashes. Without a choice the system decides, in CSS alone.
 */

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const THEME_KEY = 'bennu.theme'
const RAIL_KEY = 'bennu.rail'

/** Tells zod not to try whether it may evaluate code: the content security policy refuses it, and reports the attempt. */
const NO_EVAL = 'globalThis.__zod_globalConfig={jitless:true};'

/** Runs in <head>, with the nonce of the page. */
export const BOOT_SCRIPT = `${NO_EVAL}try{var d=document.documentElement.dataset,t=localStorage.getItem('${THEME_KEY}');if(t==='light'||t==='dark')d.theme=t;if(localStorage.getItem('${RAIL_KEY}')==='icons')d.rail='icons'}catch(e){}`

const CHANGED = 'bennu:look'

export type LookKey = `bennu.${string}`

/** Remembers a choice of how pages look, or forgets it (null), and tells those who show it. */
export function keepLook(key: LookKey, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Storage may be closed to us; the choice then lasts as long as the page.
  }
  dispatchEvent(new Event(CHANGED))
}

/** What was chosen, or null. */
export function readLook(key: LookKey): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function readTheme(): Theme {
  const theme = document.documentElement.dataset.theme
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  keepLook(THEME_KEY, theme === 'system' ? null : theme)
}

export function toggleRail(): void {
  const { dataset } = document.documentElement
  if (dataset.rail) delete dataset.rail
  else dataset.rail = 'icons'
  keepLook(RAIL_KEY, dataset.rail ?? null)
}

/** For useSyncExternalStore. */
export function onLookChange(listener: () => void): () => void {
  addEventListener(CHANGED, listener)
  return () => removeEventListener(CHANGED, listener)
}
