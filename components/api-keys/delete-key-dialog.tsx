'use client'
import type { ApiKey } from '#server/api-keys/model'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import { RelativeTime } from '../ui/time'
import { useDeleteKey } from './hooks'

/** Asks before a key dies, and says how alive it is. */
export function DeleteKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const remove = useDeleteKey()
  const confirm = () =>
    remove.mutate(apiKey.id, {
      onSuccess: () => {
        onClose()
        void notify(`${apiKey.name} was deleted`)
      },
    })
  return (
    <Dialog title="Delete this key?" role="alertdialog" isOpen onClose={onClose}>
      <div className="flex flex-col gap-3">
        <p className="wrap-anywhere">
          <span className="font-medium">{apiKey.name}</span> stops working at its next request. Whatever sends
          or reads with it is refused from then on; this cannot be undone.
        </p>
        <p className="text-muted">
          {apiKey.lastUsedAt ? (
            <>
              Last used <RelativeTime at={new Date(apiKey.lastUsedAt).getTime()} />.
            </>
          ) : (
            'It was never used.'
          )}
        </p>
        {remove.isError && <Failure what="The key was not deleted." error={remove.error} />}
      </div>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="danger" onPress={confirm} isPending={remove.isPending}>
          Delete key
        </Button>
      </DialogActions>
    </Dialog>
  )
}
