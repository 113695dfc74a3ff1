'use client'
import type { KeySummary } from '#server/api-keys/model'
import { plural } from '../format'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { closeAndSay } from '../ui/notify'
import { Skeleton } from '../ui/states'
import { RelativeTime } from '../ui/time'
import { useDeleteKey, useKeyUsage } from './hooks'

/** Asks before a key dies, and says what stops with it. */
export function DeleteKeyDialog({ apiKey, onClose }: { apiKey: KeySummary; onClose: () => void }) {
  const remove = useDeleteKey(apiKey)
  const confirm = () => remove.mutate(undefined, closeAndSay(onClose, `${apiKey.name} was deleted`))
  return (
    <ConfirmDialog
      title="Delete this key?"
      action="Delete key"
      deed={remove}
      failure="The key was not deleted."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="wrap-anywhere">
        <span className="font-medium">{apiKey.name}</span> stops working at its next request, everywhere.
        {apiKey.previousValidUntil !== null && ' So does its old value, whose grace is still running.'} This
        cannot be undone.
      </p>
      <WhatStops apiKey={apiKey} />
    </ConfirmDialog>
  )
}

/** How alive a key is, asked for now: the list may be some while old. That it cannot be said must keep nobody from deleting. */
function WhatStops({ apiKey }: { apiKey: KeySummary }) {
  const usage = useKeyUsage(apiKey.id)
  if (usage.isPending) return <Skeleton className="w-64" />
  const { lastSevenDays, lastUsedAt, lastUsedAddress } = usage.data ?? { ...apiKey, lastSevenDays: null }
  if (lastUsedAt === null)
    return (
      <p className="text-muted">
        It was never used: nothing stops. (What came in the last minute may not be counted yet.)
      </p>
    )
  return (
    <p className={lastSevenDays ? undefined : 'text-muted'}>
      <Requests lastSevenDays={lastSevenDays} /> Last used <RelativeTime at={Date.parse(lastUsedAt)} />
      {lastUsedAddress && (
        <>
          {' '}
          from <span className="font-mono text-xs">{lastUsedAddress}</span>
        </>
      )}
      .
    </p>
  )
}

function Requests({ lastSevenDays }: { lastSevenDays: number | null }) {
  if (lastSevenDays === null) return 'How much it was used could not be read.'
  if (lastSevenDays === 0) return 'No request came with it in the last 7 days.'
  return (
    <>
      <span className="font-medium">{plural(lastSevenDays, 'request')}</span> came with it in the last 7 days:
      whatever sent them is refused from now on.
    </>
  )
}
