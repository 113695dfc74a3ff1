'use client'
import { plural } from '../format'
import { ConfirmDialog } from '../ui/confirm-dialog'

interface LdapDisableDialogProps {
  /** Accounts that would be disabled. */
  count: number
  isPending: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks before more accounts are disabled at once than is usual. */
export function LdapDisableDialog({ count, isPending, onConfirm, onClose }: LdapDisableDialogProps) {
  const deed = `Disable ${plural(count, 'account')}`
  return (
    <ConfirmDialog
      title={deed}
      action={deed}
      deed={{ isPending, error: null }}
      failure="Accounts were not compared."
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        The directory does not let them in any more. Their sessions and keys stop working at once, and work
        again when the directory gives them back.
      </p>
    </ConfirmDialog>
  )
}
