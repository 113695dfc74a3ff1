'use client'
import { useState } from 'react'
import type { ProviderView } from '#server/sso-providers/model'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import { TextField } from '../ui/text-field'
import { EndSessions } from './end-sessions'
import { useProviderDeed } from './hooks'

/** Asks for the name before a provider and its secret are gone. */
export function DeleteProviderDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { name, displayName, accounts } = provider
  const [endSessions, setEndSessions] = useState(false)
  const deed = useProviderDeed()
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string>()
  const submit = () => {
    if (typed.trim() !== name) return setError('This is not its name')
    setError(undefined)
    deed.mutate(
      { kind: 'delete', name, endSessions },
      {
        onSuccess: () => {
          onClose()
          void notify(`${displayName} was deleted`)
        },
      },
    )
  }
  return (
    <Dialog title="Delete this provider?" role="alertdialog" isOpen onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        className="flex flex-col gap-4"
      >
        <p className="wrap-anywhere">
          {accounts === 0
            ? `Nobody signs in with ${displayName} yet.`
            : `${plural(accounts, 'account')} can no longer sign in with ${displayName}. They stay, with their keys and what they made.`}{' '}
          The client secret is deleted too.
        </p>
        <EndSessions provider={provider} isChecked={endSessions} onChange={setEndSessions} />
        <TextField
          label={`Its name, ${name}, to confirm`}
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          autoFocus
          error={error}
        />
        {deed.isError && <Failure what="The provider was not deleted." error={deed.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isPending={deed.isPending}>
            Delete provider
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
