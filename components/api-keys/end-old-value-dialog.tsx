'use client'
import type { KeySummary } from '#server/api-keys/model'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { closeAndSay } from '../ui/notify'
import { RelativeTime } from '../ui/time'
import { useEndOldValue } from './hooks'

/** Asks before the grace of a rotated key ends early, and says what stops and what goes on. */
export function EndOldValueDialog({ apiKey, onClose }: { apiKey: KeySummary; onClose: () => void }) {
  const end = useEndOldValue(apiKey)
  const confirm = () =>
    end.mutate(undefined, closeAndSay(onClose, `The old value of ${apiKey.name} has ended`))
  return (
    <ConfirmDialog
      title="End the old value now?"
      action="End old value"
      deed={end}
      failure="The old value was not ended."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="wrap-anywhere">
        Whatever still shows the old value <Ending lastFour={apiKey.previousLastFour} /> of{' '}
        <span className="font-medium">{apiKey.name}</span> is refused from its next request on
        {apiKey.previousValidUntil !== null && (
          <>
            ; by itself it would have ended <RelativeTime at={Date.parse(apiKey.previousValidUntil)} />
          </>
        )}
        . The present value <Ending lastFour={apiKey.lastFour} /> goes on working. This cannot be undone.
      </p>
      <p className="text-muted">
        Requests of both values are counted together: that a key is in use does not tell which value is.
      </p>
    </ConfirmDialog>
  )
}

function Ending({ lastFour }: { lastFour: string | null }) {
  return lastFour === null ? null : <span className="font-mono text-xs whitespace-nowrap">…{lastFour}</span>
}
