'use client'
import { useState } from 'react'
import type { SecretSummary } from '#server/secrets/model'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import { TextField } from '../ui/text-field'
import { useChangeSecret } from './hooks'

/** Asks for the name before a value is gone for good. */
export function DeleteSecretDialog({ secret, onClose }: { secret: SecretSummary; onClose: () => void }) {
  const change = useChangeSecret()
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string>()
  const submit = () => {
    if (typed.trim() !== secret.key) return setError('This is not its name')
    setError(undefined)
    change.mutate(
      { key: secret.key, value: null },
      {
        onSuccess: () => {
          onClose()
          void notify(`${secret.key} was deleted`)
        },
      },
    )
  }
  return (
    <Dialog title="Delete this secret?" role="alertdialog" isOpen onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        className="flex flex-col gap-4"
      >
        <p className="wrap-anywhere">
          Whatever uses <code className="font-mono text-xs">{secret.key}</code> finds no value from now on.
          This cannot be undone.
        </p>
        <TextField
          label="Its name, to confirm"
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          autoFocus
          error={error}
        />
        {change.isError && <Failure what="The secret was not deleted." error={change.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isPending={change.isPending}>
            Delete secret
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
