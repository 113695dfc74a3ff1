'use client'
import type { ProviderView } from '#server/sso-providers/model'
import { plural } from '../format'
import { Checkbox } from '../ui/checkbox'

interface EndSessionsProps {
  provider: ProviderView
  isChecked: boolean
  onChange: (checked: boolean) => void
}

/** Whether those who are in stay in, where somebody is. */
export function EndSessions({ provider: { sessions, displayName }, isChecked, onChange }: EndSessionsProps) {
  if (sessions === 0) return null
  return (
    <Checkbox
      label={`End the ${plural(sessions, 'session')} that began there`}
      hint={`Without it whoever is in by ${displayName} stays in until the session runs out.`}
      isChecked={isChecked}
      onChange={onChange}
    />
  )
}
