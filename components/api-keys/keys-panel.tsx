'use client'
import { KeyRound } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useCallback, useMemo, useState } from 'react'
import type { ApiKeyKind, KeySummary } from '#server/api-keys/model'
import type { Role } from '#server/permissions'
import { Failure } from '../ui/failure'
import { LoadMore } from '../ui/load-more'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { type KeyFilter, useKeys } from './hooks'
import { type KeyDeed, KeysTable } from './keys-table'
import type { FreshKey } from './new-key-card'

const CreateKeyDialog = dynamic(() => import('./create-key-dialog').then((m) => m.CreateKeyDialog))
const DeleteKeyDialog = dynamic(() => import('./delete-key-dialog').then((m) => m.DeleteKeyDialog))
const RotateKeyDialog = dynamic(() => import('./rotate-key-dialog').then((m) => m.RotateKeyDialog))
const EndOldValueDialog = dynamic(() => import('./end-old-value-dialog').then((m) => m.EndOldValueDialog))
const UsageDialog = dynamic(() => import('./usage-dialog').then((m) => m.UsageDialog))
const NewKeyCard = dynamic(() => import('./new-key-card').then((m) => m.NewKeyCard))

/** What stands where there are no keys. */
interface Nothing {
  title: string
  text: string
  action?: ReactNode
}

interface KeysPanelProps {
  filter: KeyFilter
  /** Names the table: `System API keys`. */
  label: string
  nothing: Nothing
  hasOwners?: boolean
  /** The form of a new key, while it is open. */
  creating?: { kind: ApiKeyKind; ownRole: Role; onClose: () => void } | null
}

/** A list of keys with everything that can be done with them. */
export function KeysPanel({ filter, label, nothing, hasOwners = false, creating }: KeysPanelProps) {
  const [fresh, setFresh] = useState<FreshKey | null>(null)
  const [open, setOpen] = useState<{ deed: KeyDeed; apiKey: KeySummary } | null>(null)
  const onDeed = useCallback((deed: KeyDeed, apiKey: KeySummary) => setOpen({ deed, apiKey }), [])
  const close = () => setOpen(null)
  const showFresh = (key: FreshKey) => {
    close()
    creating?.onClose()
    setFresh(key)
  }
  return (
    <>
      {fresh && <NewKeyCard key={`${fresh.id} ${fresh.key}`} apiKey={fresh} onDone={() => setFresh(null)} />}
      <KeyRows filter={filter} label={label} nothing={nothing} hasOwners={hasOwners} onDeed={onDeed} />
      {creating && <CreateKeyDialog {...creating} onCreated={showFresh} />}
      {open?.deed === 'usage' && <UsageDialog apiKey={open.apiKey} onClose={close} />}
      {open?.deed === 'delete' && <DeleteKeyDialog apiKey={open.apiKey} onClose={close} />}
      {open?.deed === 'endOldValue' && <EndOldValueDialog apiKey={open.apiKey} onClose={close} />}
      {open?.deed === 'rotate' && (
        <RotateKeyDialog
          apiKey={open.apiKey}
          onClose={close}
          onRotated={(key, oldWorksUntil) => showFresh({ ...key, rotated: { oldWorksUntil } })}
        />
      )}
    </>
  )
}

interface KeyRowsProps {
  filter: KeyFilter
  label: string
  nothing: Nothing
  hasOwners: boolean
  onDeed: (deed: KeyDeed, apiKey: KeySummary) => void
}

function KeyRows({ filter, label, nothing, hasOwners, onDeed }: KeyRowsProps) {
  const query = useKeys(filter)
  // The same array while the data is the same: the table would render for ever otherwise.
  const keys = useMemo(() => query.data?.pages.flatMap((page) => page.keys) ?? [], [query.data])
  const total = query.data?.pages.at(-1)?.total ?? 0
  const failure = query.isError && (
    <Failure
      what={query.data ? 'The keys could not be refreshed.' : 'The keys could not be loaded.'}
      error={query.error}
      onRetry={() => query.refetch()}
    />
  )
  if (!query.data) return failure || <TableSkeleton label="Loading the keys" />
  return (
    <>
      {failure}
      {keys.length > 0 ? (
        <>
          <KeysTable apiKeys={keys} list={filter.list} label={label} hasOwners={hasOwners} onDeed={onDeed} />
          <LoadMore
            shown={keys.length}
            total={total}
            noun={total === 1 ? 'key' : 'keys'}
            hasMore={query.hasNextPage}
            isLoading={query.isFetchingNextPage}
            onMore={() => query.fetchNextPage()}
          />
        </>
      ) : (
        <NoKeys nothing={nothing} search={filter.search} />
      )}
    </>
  )
}

function NoKeys({ nothing, search }: { nothing: Nothing; search: string | undefined }) {
  const icon = <KeyRound className="size-6" />
  if (search) {
    return (
      <EmptyState icon={icon} title="No key is found">
        Nothing matches “{search}”. Names, descriptions and the last four characters are searched.
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={icon} title={nothing.title} action={nothing.action}>
      {nothing.text}
    </EmptyState>
  )
}
