'use client'
import { useState } from 'react'
import type { ProviderView } from '#server/sso-providers/model'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import { EndSessions } from './end-sessions'
import { useProviderDeed } from './hooks'

/** Asks whether those who are in stay in. */
export function TurnOffDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { name, displayName } = provider
  const deed = useProviderDeed()
  const [endSessions, setEndSessions] = useState(false)
  const submit = () =>
    deed.mutate(
      { kind: 'switch', name, enabled: false, endSessions },
      {
        onSuccess: () => {
          onClose()
          void notify(`${displayName} is off`)
        },
      },
    )
  return (
    <Dialog title={`Turn off ${displayName}?`} role="alertdialog" isOpen onClose={onClose}>
      <div className="flex flex-col gap-4">
        <p>Its button is gone from the login page, and nobody signs in through it until it is on again.</p>
        <EndSessions provider={provider} isChecked={endSessions} onChange={setEndSessions} />
        {deed.isError && <Failure what="The provider was not turned off." error={deed.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="danger" isPending={deed.isPending} onPress={submit}>
            Turn off
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  )
}
