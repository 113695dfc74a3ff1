'use client'
import { useState } from 'react'
import type { UserSummary } from '#server/users/model'
import { plural } from '../format'
import { Button } from '../ui/button'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { closeAndSay } from '../ui/notify'
import { TextField } from '../ui/text-field'
import { useChangeUser } from './hooks'

/** Shuts an account out while keeping it, or lets it back in. */
export function DisableDialog({ user, onClose }: { user: UserSummary; onClose: () => void }) {
  return user.disabledAt === null ? (
    <Disable user={user} onClose={onClose} />
  ) : (
    <Enable user={user} onClose={onClose} />
  )
}

function Disable({ user, onClose }: { user: UserSummary; onClose: () => void }) {
  const change = useChangeUser(user.id)
  const [reason, setReason] = useState('')
  const submit = () =>
    change.mutate(
      { disabled: true, ...(reason.trim() && { disabled_reason: reason.trim() }) },
      closeAndSay(onClose, `${user.username} is disabled`),
    )
  const { keyCount, sessionCount } = user
  return (
    <Dialog title={`Disable ${user.username}?`} isOpen onClose={onClose} isDismissable={reason === ''}>
      <Form onSubmit={submit}>
        <p>
          Signing in, {plural(sessionCount, 'session')} and {plural(keyCount, 'API key')} are refused at the
          next request, as if they were wrong. Nothing is deleted: enabling the account brings the keys back.
        </p>
        <TextField
          label="Reason (optional)"
          hint="For other admins; the person is not told."
          value={reason}
          onChange={setReason}
          autoComplete="off"
          autoFocus
        />
        {change.isError && <Failure what="The account was not disabled." error={change.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isPending={change.isPending}>
            Disable account
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}

function Enable({ user, onClose }: { user: UserSummary; onClose: () => void }) {
  const change = useChangeUser(user.id)
  const confirm = () =>
    change.mutate({ disabled: false }, closeAndSay(onClose, `${user.username} is enabled`))
  return (
    <ConfirmDialog
      title={`Enable ${user.username}?`}
      action="Enable account"
      tone="primary"
      deed={change}
      failure="The account was not enabled."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>They may sign in again, and {plural(user.keyCount, 'API key')} of theirs work again at once.</p>
      {user.disabledReason && (
        <p className="text-muted wrap-anywhere">Disabled because: {user.disabledReason}</p>
      )}
    </ConfirmDialog>
  )
}
