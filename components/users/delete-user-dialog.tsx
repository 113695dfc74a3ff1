'use client'
import { useState } from 'react'
import type { UserDetail, UserSummary } from '#server/users/model'
import { plural } from '../format'
import { Checkbox } from '../ui/checkbox'
import { DeleteByNameDialog } from '../ui/delete-by-name-dialog'
import { notify } from '../ui/notify'
import { Skeleton } from '../ui/states'
import { useDeleteUser, useUser } from './hooks'

interface DeleteUserDialogProps {
  user: UserSummary
  onClose: () => void
  onDeleted?: (() => void) | undefined
}

/** Asks for the account's name before it is gone for good, and says what goes with it. */
export function DeleteUserDialog({ user, onClose, onDeleted }: DeleteUserDialogProps) {
  const remove = useDeleteUser(user.id)
  const [block, setBlock] = useState(false)
  const confirm = () =>
    remove.mutate(
      { block },
      {
        onSuccess: () => {
          onClose()
          onDeleted?.()
          void notify(`${user.username} was deleted`)
        },
      },
    )
  return (
    <DeleteByNameDialog
      title={`Delete ${user.username}?`}
      name={user.username}
      action="Delete account"
      deed={remove}
      failure="The account was not deleted."
      onConfirm={confirm}
      onClose={onClose}
    >
      <WhatGoes user={user} />
      <Checkbox
        label="Never let this address back"
        hint="Neither the e-mail address nor the name can have an account again, by whatever way of signing in. Only a fingerprint of them is kept; an admin can lift it."
        isChecked={block}
        onChange={setBlock}
      />
    </DeleteByNameDialog>
  )
}

function WhatGoes({ user }: { user: UserSummary }) {
  const detail = useUser(user.id)
  return (
    <div className="flex flex-col gap-2">
      <p>The account is gone for good; this cannot be undone. At once:</p>
      {detail.isPending ? (
        <Skeleton className="w-56" />
      ) : (
        <ul className="flex list-disc flex-col gap-1 pl-5">
          {consequences(detail.data ?? null, user).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** What ends with an account and what stays without its author, in sentences. */
function consequences(detail: UserDetail | null, user: UserSummary): string[] {
  const keys = detail?.deletion.keys ?? user.keyCount
  const sessions = detail?.deletion.sessions ?? user.sessionCount
  const systemKeys = detail?.deletion.systemKeysMade ?? 0
  return [
    keys === 0
      ? 'no API key stops: there is none'
      : `${plural(keys, 'API key')} ${keys === 1 ? 'stops' : 'stop'} working`,
    sessions === 0
      ? 'no session ends: there is none'
      : `${plural(sessions, 'session')} ${sessions === 1 ? 'ends' : 'end'}`,
    ...(systemKeys === 0
      ? []
      : [
          `${plural(systemKeys, 'system key')} that they made ${systemKeys === 1 ? 'goes' : 'go'} on working`,
        ]),
    'traces and whatever else they made stay, without an author',
  ]
}
