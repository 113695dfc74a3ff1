'use client'
import { useSyncExternalStore } from 'react'
import { onLookChange, readTheme, setTheme, type Theme } from '../shell/theme'
import { readZone, setZone, type Zone } from '../shell/zone'
import { Choice } from '../ui/choice'
import { Section } from '../ui/section'
import { useHydrated } from '../ui/time'

const THEMES = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** How this browser shows the pages. */
export function PreferencesSection() {
  const theme = useSyncExternalStore<Theme>(onLookChange, readTheme, () => 'system')
  const zone = useSyncExternalStore<Zone>(onLookChange, readZone, () => 'local')
  const hydrated = useHydrated()
  const local = hydrated ? Intl.DateTimeFormat().resolvedOptions().timeZone : ''
  return (
    <Section title="Preferences" note="Kept in this browser.">
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4">
        <Choice label="Theme" options={THEMES} value={theme} onChange={setTheme} />
        <Choice
          label="Exact times"
          options={[
            { value: 'local', label: local ? `In your zone (${local})` : 'In your zone' },
            { value: 'utc', label: 'In UTC' },
          ]}
          value={zone}
          onChange={setZone}
        />
      </div>
    </Section>
  )
}
