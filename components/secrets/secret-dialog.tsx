'use client'
import { useState } from 'react'
import type { SecretSummary } from '#server/secrets/model'
import { keyFault, valueFault } from '#server/secrets/rules-model'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { closeAndSay } from '../ui/notify'
import { TextField } from '../ui/text-field'
import { useChangeSecret } from './hooks'

interface SecretDialogProps {
  /** The one whose value is replaced; null adds one. */
  secret: SecretSummary | null
  onClose: () => void
}

interface Faults {
  key: string | null
  value: string | null
}

/** Adds a secret, or replaces the value of one. */
export function SecretDialog({ secret, onClose }: SecretDialogProps) {
  const change = useChangeSecret()
  const [key, setKey] = useState(secret?.key ?? '')
  const [value, setValue] = useState('')
  const [faults, setFaults] = useState<Faults>({ key: null, value: null })
  const submit = () => {
    const found = { key: keyFault(key), value: valueFault(value) }
    setFaults(found)
    if (found.key !== null || found.value !== null) return
    const name = key.trim()
    change.mutate(
      { key: name, value: value.trim() },
      closeAndSay(onClose, secret ? `The value of ${name} was replaced` : `${name} is stored`),
    )
  }
  const isUntouched = value === '' && key === (secret?.key ?? '')
  return (
    <Dialog
      title={secret ? 'Replace the value' : 'Add a secret'}
      isOpen
      onClose={onClose}
      isDismissable={isUntouched}
    >
      <Form autoComplete="off" onSubmit={submit}>
        {secret ? (
          <p className="wrap-anywhere">
            Whoever reads <code className="font-mono text-xs">{secret.key}</code> gets the new value from now
            on. The old one is gone.
          </p>
        ) : (
          <TextField
            label="Name"
            hint="As an environment variable is named, such as OPENAI_API_KEY. A secret of that name is replaced."
            value={key}
            onChange={setKey}
            autoComplete="off"
            autoFocus
            error={faults.key ?? undefined}
          />
        )}
        <TextField
          label="Value"
          type="password"
          hint="It cannot be seen again. A value of several lines goes in by PUT /v1/secrets."
          value={value}
          onChange={setValue}
          autoComplete="new-password"
          autoFocus={secret !== null}
          error={faults.value ?? undefined}
        />
        {change.isError && <Failure what="The secret was not stored." error={change.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={change.isPending}>
            {secret ? 'Replace value' : 'Add secret'}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}
