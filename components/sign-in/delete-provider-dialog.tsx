'use client'
import { useState } from 'react'
import type { ProviderView } from '#server/sso-providers/model'
import { plural } from '../format'
import { DeleteByNameDialog } from '../ui/delete-by-name-dialog'
import { closeAndSay } from '../ui/notify'
import { EndSessions } from './end-sessions'
import { useProviderDeed } from './hooks'

/** Asks for the name before a provider and its secret are gone. */
export function DeleteProviderDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { name, displayName, accounts } = provider
  const [endSessions, setEndSessions] = useState(false)
  const deed = useProviderDeed()
  const remove = () =>
    deed.mutate({ kind: 'delete', name, endSessions }, closeAndSay(onClose, `${displayName} was deleted`))
  return (
    <DeleteByNameDialog
      title="Delete this provider?"
      name={name}
      action="Delete provider"
      deed={deed}
      failure="The provider was not deleted."
      onConfirm={remove}
      onClose={onClose}
    >
      <p className="wrap-anywhere">
        {accounts === 0
          ? `Nobody signs in with ${displayName} yet.`
          : `${plural(accounts, 'account')} can no longer sign in with ${displayName}. They stay, with their keys and what they made.`}{' '}
        The client secret is deleted too.
      </p>
      <EndSessions provider={provider} isChecked={endSessions} onChange={setEndSessions} />
    </DeleteByNameDialog>
  )
}
