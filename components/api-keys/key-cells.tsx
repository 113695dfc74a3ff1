'use client'
import type { KeySummary } from '#server/api-keys/model'
import { Badge } from '../ui/badge'
import { Link } from '../ui/link'
import { RelativeTime, useNow } from '../ui/time'
import { userPath } from '../users/paths'
import { unusedDays } from './expiry'
import { ExpiryNote } from './expiry-note'
import { scopeWord } from './words'

interface NameProps {
  apiKey: KeySummary
  /** Whether the list is of several people's keys. */
  hasOwner: boolean
  onOpen: () => void
}

/** The name, which opens what is known of the key; on a telephone with what it has no column for. */
export function Name({ apiKey, hasOwner, onOpen }: NameProps) {
  return (
    <span className="block max-w-36 min-w-24 py-1 sm:max-w-56 sm:py-0">
      <button
        type="button"
        title={apiKey.name}
        onClick={onOpen}
        className="block max-w-full cursor-pointer truncate rounded-sm text-left font-medium hover:underline"
      >
        {apiKey.name}
      </button>
      <span className="mt-1 flex flex-wrap items-center gap-1.5 text-xs text-muted sm:hidden">
        {apiKey.lastFour && <span className="font-mono">…{apiKey.lastFour}</span>}
        <ScopeBadge apiKey={apiKey} />
        {hasOwner && apiKey.owner && <span className="truncate">{apiKey.owner.username}</span>}
        {apiKey.expiresAt !== null && <ExpiryNote apiKey={apiKey} isWhole />}
      </span>
    </span>
  )
}

/** What a key was made for. */
export function ScopeBadge({ apiKey: { scope } }: { apiKey: KeySummary }) {
  return <Badge tone={scope === 'ingest' ? 'accent' : 'neutral'}>{scopeWord(scope)}</Badge>
}

/** Whose key it is. */
export function Owner({ apiKey: { owner } }: { apiKey: KeySummary }) {
  if (!owner) return <span className="text-muted">–</span>
  const name = <span className="block max-w-40 truncate">{owner.username}</span>
  const title = owner.email ?? owner.username
  return (
    <Link href={userPath(owner.id)} title={title} className="block rounded-sm hover:underline">
      {name}
    </Link>
  )
}

/** When and from where a key was used last; amber when that is so long ago that it may go. */
export function LastUsed({ apiKey }: { apiKey: KeySummary }) {
  const now = useNow()
  const used = apiKey.lastUsedAt === null ? null : Date.parse(apiKey.lastUsedAt)
  const unused = unusedDays(used, Date.parse(apiKey.createdAt), now)
  if (unused !== null) return <Badge tone="warn">unused {unused} days</Badge>
  if (used === null) return <span className="text-muted">never</span>
  return (
    <span className="text-muted">
      <RelativeTime at={used} />
      {apiKey.lastUsedAddress && (
        <span title={apiKey.lastUsedAddress} className="block max-w-36 truncate font-mono text-xs">
          {apiKey.lastUsedAddress}
        </span>
      )}
    </span>
  )
}

/** When a key was made, and by whom where that says something. */
export function Created({ apiKey, hasMaker }: { apiKey: KeySummary; hasMaker: boolean }) {
  const time = <RelativeTime at={Date.parse(apiKey.createdAt)} className="text-muted" />
  if (!hasMaker) return time
  return (
    <span>
      <span className="block max-w-40 truncate">{apiKey.createdBy?.username ?? 'deleted user'}</span>
      <span className="text-xs">{time}</span>
    </span>
  )
}
