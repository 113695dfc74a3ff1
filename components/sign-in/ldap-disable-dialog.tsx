'use client'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'

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
    <Dialog title={deed} role="alertdialog" isOpen onClose={onClose}>
      <p>
        The directory does not let them in any more. Their sessions and keys stop working at once, and work
        again when the directory gives them back.
      </p>
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="danger" isPending={isPending} onPress={onConfirm}>
          {deed}
        </Button>
      </div>
    </Dialog>
  )
}
