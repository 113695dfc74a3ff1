'use client'
import { useState } from 'react'
import type { KeySummary } from '#server/api-keys/model'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Notice } from '../ui/notice'
import { RelativeTime } from '../ui/time'
import type { CreatedKey } from './create-key'
import { GRACES, type Grace, graceSeconds } from './expiry'
import { useRotateKey } from './hooks'

interface RotateKeyDialogProps {
  apiKey: KeySummary
  onClose: () => void
  onRotated: (key: CreatedKey, oldWorksUntil: number | null) => void
}

/** Asks how long the old value of a key goes on working beside the new one. */
export function RotateKeyDialog({ apiKey, onClose, onRotated }: RotateKeyDialogProps) {
  const rotate = useRotateKey(apiKey)
  const [grace, setGrace] = useState<Grace>('day')
  const seconds = graceSeconds(grace)
  const confirm = () =>
    rotate.mutate(seconds, {
      onSuccess: (key) => onRotated(key, seconds === 0 ? null : Date.now() + seconds * 1000),
    })
  return (
    <Dialog title="Rotate this key?" isOpen onClose={onClose}>
      <div className="flex flex-col gap-4">
        <p className="wrap-anywhere">
          <span className="font-medium">{apiKey.name}</span> gets a new value, shown once. Its name, scope and
          role stay as they are.
        </p>
        <Choice label="The old value" layout="cards" options={GRACES} value={grace} onChange={setGrace} />
        {apiKey.previousValidUntil !== null && (
          <Notice tone="warn">
            The value before this one still works and would end{' '}
            <RelativeTime at={Date.parse(apiKey.previousValidUntil)} />. It ends now.
          </Notice>
        )}
        {rotate.isError && <Failure what="The key was not rotated." error={rotate.error} />}
      </div>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="primary" onPress={confirm} isPending={rotate.isPending}>
          Rotate key
        </Button>
      </DialogActions>
    </Dialog>
  )
}
