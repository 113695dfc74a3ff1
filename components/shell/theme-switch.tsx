'use client'
import { Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Segmented } from '../ui/segmented'
import { onLookChange, readTheme, setTheme, type Theme } from './theme'

const OPTIONS = [
  { value: 'system', label: 'Theme of the system', icon: <Monitor aria-hidden className="size-3.5" /> },
  { value: 'light', label: 'Light theme', icon: <Sun aria-hidden className="size-3.5" /> },
  { value: 'dark', label: 'Dark theme', icon: <Moon aria-hidden className="size-3.5" /> },
] as const

/** Chooses between the system's theme, light and dark. */
export function ThemeSwitch() {
  const theme = useSyncExternalStore<Theme>(onLookChange, readTheme, () => 'system')
  return <Segmented label="Theme" options={OPTIONS} value={theme} onChange={setTheme} />
}
