'use client'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import type { BlockedIdentity } from '#server/users/model'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { LoadMore } from '../ui/load-more'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { ExactTime, RelativeTime } from '../ui/time'
import { useBlocked } from './hooks'
import { LiftByName, LiftDialog } from './lift-dialog'

/** Addresses that are never let back. Only fingerprints are stored, so they have a day and an author, but no name. */
export function BlockedList() {
  const query = useBlocked()
  const [asking, setAsking] = useState<BlockedIdentity | null>(null)
  const blocked = query.data?.pages.flatMap((page) => page.blocked) ?? []
  const total = query.data?.pages.at(-1)?.total ?? 0
  const failure = query.isError && (
    <Failure
      what="The blocked addresses could not be loaded."
      error={query.error}
      onRetry={() => query.refetch()}
    />
  )
  if (!query.data) return failure || <TableSkeleton label="Loading the blocked addresses" rows={3} />
  if (blocked.length === 0) {
    return (
      <EmptyState icon={<Ban className="size-6" />} title="No address is blocked">
        Whoever deletes an account can choose that its address is never let back. Those appear here.
      </EmptyState>
    )
  }
  return (
    <>
      {failure}
      <div className="flex flex-wrap items-end justify-between gap-3">
        <p className="max-w-prose grow basis-72 text-muted">
          Only a fingerprint of each address and name is kept, so that this list does not remember people. A
          line is known by when it was made.
        </p>
        <LiftByName />
      </div>
      <BlockedLines blocked={blocked} onLift={setAsking} />
      <LoadMore
        shown={blocked.length}
        total={total}
        noun={total === 1 ? 'blocked address' : 'blocked addresses'}
        hasMore={query.hasNextPage}
        isLoading={query.isFetchingNextPage}
        onMore={() => query.fetchNextPage()}
      />
      {asking && <LiftDialog entry={asking} onClose={() => setAsking(null)} />}
    </>
  )
}

interface BlockedLinesProps {
  blocked: BlockedIdentity[]
  onLift: (entry: BlockedIdentity) => void
}

function BlockedLines({ blocked, onLift }: BlockedLinesProps) {
  return (
    <ul
      aria-label="Blocked addresses"
      className="divide-y divide-line rounded-lg border border-line bg-surface"
    >
      {blocked.map((entry) => (
        <li key={entry.id} className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
          <span className="min-w-0 grow basis-56 wrap-anywhere">
            Blocked <RelativeTime at={Date.parse(entry.createdAt)} /> by{' '}
            {entry.createdBy?.username ?? 'a deleted user'}
            <span className="block text-xs text-muted">
              <ExactTime at={Date.parse(entry.createdAt)} />
            </span>
          </span>
          <Button size="sm" onPress={() => onLift(entry)}>
            Lift
          </Button>
        </li>
      ))}
    </ul>
  )
}
