'use client'
import { useState } from 'react'
import type { BlockedIdentity } from '#server/users/model'
import { ApiError } from '../api'
import { Button } from '../ui/button'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { closeAndSay } from '../ui/notify'
import { TextField } from '../ui/text-field'
import { RelativeTime } from '../ui/time'
import { useLift } from './hooks'

const LIFTED = 'They may have an account again'

/** Asks before one line of the list is let back. */
export function LiftDialog({ entry, onClose }: { entry: BlockedIdentity; onClose: () => void }) {
  const lift = useLift()
  const confirm = () => lift.mutate({ id: entry.id }, closeAndSay(onClose, LIFTED))
  return (
    <ConfirmDialog
      title="Lift this block?"
      action="Lift the block"
      tone="primary"
      deed={lift}
      failure="The block was not lifted."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        The address and the name that were blocked <RelativeTime at={Date.parse(entry.createdAt)} /> by{' '}
        {entry.createdBy?.username ?? 'a deleted user'} may have an account again.
      </p>
    </ConfirmDialog>
  )
}

/** Lets somebody back whose address or name is known, where the list cannot tell which line is theirs. */
export function LiftByName() {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button onPress={() => setOpen(true)}>Lift by address or name</Button>
      {isOpen && <LiftByNameDialog onClose={() => setOpen(false)} />}
    </>
  )
}

function LiftByNameDialog({ onClose }: { onClose: () => void }) {
  const lift = useLift()
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()
  const submit = () => {
    const wanted = text.trim()
    if (wanted === '') return setError('Enter an e-mail address or a name')
    setError(undefined)
    lift.mutate(wanted.includes('@') ? { email: wanted } : { username: wanted }, {
      ...closeAndSay(onClose, LIFTED),
      onError: (problem) => {
        if (problem instanceof ApiError && problem.status < 500) setError(problem.message)
      },
    })
  }
  return (
    <Dialog title="Lift by address or name" isOpen onClose={onClose} isDismissable={text === ''}>
      <Form onSubmit={submit}>
        <TextField
          label="E-mail address or username"
          value={text}
          onChange={setText}
          autoComplete="off"
          autoFocus
          error={error}
        />
        {lift.isError && !error && <Failure what="The block was not lifted." error={lift.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={lift.isPending}>
            Lift the block
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}
