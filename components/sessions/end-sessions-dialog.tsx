'use client'
import { plural } from '../format'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { notify } from '../ui/notify'
import { useEndSessions } from './hooks'

interface EndSessionsDialogProps {
  owner: { id: string; username: string } | null
  /** `3 sessions` */
  what: string
  onClose: () => void
}

/** Asks before several sessions end at once. */
export function EndSessionsDialog({ owner, what, onClose }: EndSessionsDialogProps) {
  const end = useEndSessions(owner?.id ?? null)
  const confirm = () =>
    end.mutate(undefined, {
      onSuccess: ({ ended }) => {
        onClose()
        void notify(`${plural(ended, 'session')} ended`)
      },
    })
  const title = owner ? `End all sessions of ${owner.username}?` : 'End all other sessions?'
  return (
    <ConfirmDialog
      title={title}
      action={owner ? 'End all sessions' : 'End all other sessions'}
      deed={end}
      failure="The sessions were not ended."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <span className="font-medium">{what}</span> {what.startsWith('1 ') ? 'ends' : 'end'} at once: whoever
        uses {what.startsWith('1 ') ? 'it' : 'them'} is asked to sign in at the next click. API keys stay as
        they are.
      </p>
    </ConfirmDialog>
  )
}
