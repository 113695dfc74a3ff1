'use client'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
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
    <Dialog title={title} role="alertdialog" isOpen onClose={onClose}>
      <p>
        <span className="font-medium">{what}</span> {what.startsWith('1 ') ? 'ends' : 'end'} at once: whoever
        uses {what.startsWith('1 ') ? 'it' : 'them'} is asked to sign in at the next click. API keys stay as
        they are.
      </p>
      {end.isError && <Failure what="The sessions were not ended." error={end.error} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="danger" onPress={confirm} isPending={end.isPending}>
          {owner ? 'End all sessions' : 'End all other sessions'}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
