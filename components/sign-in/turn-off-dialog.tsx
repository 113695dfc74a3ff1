'use client'
import { useState } from 'react'
import type { ProviderView } from '#server/sso-providers/model'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { closeAndSay } from '../ui/notify'
import { EndSessions } from './end-sessions'
import { useProviderDeed } from './hooks'

/** Asks whether those who are in stay in. */
export function TurnOffDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { name, displayName } = provider
  const deed = useProviderDeed()
  const [endSessions, setEndSessions] = useState(false)
  const confirm = () =>
    deed.mutate(
      { kind: 'switch', name, enabled: false, endSessions },
      closeAndSay(onClose, `${displayName} is off`),
    )
  return (
    <ConfirmDialog
      title={`Turn off ${displayName}?`}
      action="Turn off"
      deed={deed}
      failure="The provider was not turned off."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>Its button is gone from the login page, and nobody signs in through it until it is on again.</p>
      <EndSessions provider={provider} isChecked={endSessions} onChange={setEndSessions} />
    </ConfirmDialog>
  )
}
