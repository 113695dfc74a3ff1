'use client'
import type { SecretSummary } from '#server/secrets/model'
import { DeleteByNameDialog } from '../ui/delete-by-name-dialog'
import { closeAndSay } from '../ui/notify'
import { useChangeSecret } from './hooks'

/** Asks for the name before a value is gone for good. */
export function DeleteSecretDialog({ secret, onClose }: { secret: SecretSummary; onClose: () => void }) {
  const change = useChangeSecret()
  const remove = () =>
    change.mutate({ key: secret.key, value: null }, closeAndSay(onClose, `${secret.key} was deleted`))
  return (
    <DeleteByNameDialog
      title="Delete this secret?"
      name={secret.key}
      action="Delete secret"
      deed={change}
      failure="The secret was not deleted."
      onConfirm={remove}
      onClose={onClose}
    >
      <p className="wrap-anywhere">
        Whatever uses <code className="font-mono text-xs">{secret.key}</code> finds no value from now on. This
        cannot be undone.
      </p>
    </DeleteByNameDialog>
  )
}
