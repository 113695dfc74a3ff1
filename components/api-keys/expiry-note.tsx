'use client'
import { expiryOf } from '#server/api-keys/expiry-model'
import type { KeySummary } from '#server/api-keys/model'
import { formatRelative } from '../format'
import { Badge } from '../ui/badge'
import { RelativeTime, useNow } from '../ui/time'

/** When a key ends: amber when that is near, red when it is over. */
export function ExpiryNote({ apiKey }: { apiKey: Pick<KeySummary, 'expiresAt'> }) {
  const now = useNow()
  if (apiKey.expiresAt === null) return <span className="text-muted">never</span>
  const expires = Date.parse(apiKey.expiresAt)
  const state = expiryOf(expires, now)
  if (state === 'far') return <RelativeTime at={expires} />
  const text = state === 'over' ? `expired ${formatRelative(expires, now)}` : formatRelative(expires, now)
  return <Badge tone={state === 'over' ? 'danger' : 'warn'}>{text}</Badge>
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
