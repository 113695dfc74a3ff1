'use client'
import { expiryOf } from '#server/api-keys/expiry-model'
import type { KeySummary } from '#server/api-keys/model'
import { formatRelative } from '../format'
import { Badge } from '../ui/badge'
import { RelativeTime, useNow } from '../ui/time'

interface ExpiryNoteProps {
  apiKey: Pick<KeySummary, 'expiresAt'>
  /** Where no heading says so, `in 90 days` is `expires in 90 days`. */
  isWhole?: boolean
}

/** When a key ends: amber when that is near, red when it is over. */
export function ExpiryNote({ apiKey, isWhole = false }: ExpiryNoteProps) {
  const now = useNow()
  if (apiKey.expiresAt === null) return <span className="text-muted">never</span>
  const expires = Date.parse(apiKey.expiresAt)
  const state = expiryOf(expires, now)
  const word = state === 'over' ? 'expired ' : isWhole && 'expires '
  if (state === 'far')
    return (
      <span>
        {word}
        <RelativeTime at={expires} />
      </span>
    )
  return (
    <Badge tone={state === 'over' ? 'danger' : 'warn'}>
      {word}
      {formatRelative(expires, now)}
    </Badge>
  )
}

/** That the value before a rotation still works, while it does. */
export function OldValueNote({
  apiKey,
}: {
  apiKey: Pick<KeySummary, 'previousValidUntil' | 'previousLastFour'>
}) {
  const now = useNow()
  if (apiKey.previousValidUntil === null) return null
  const until = Date.parse(apiKey.previousValidUntil)
  if (until <= now) return null
  const which = apiKey.previousLastFour ? ` …${apiKey.previousLastFour}` : ''
  return (
    <Badge tone="warn" title="The value before the last rotation">
      old value{which} ends {formatRelative(until, now)}
    </Badge>
  )
}
