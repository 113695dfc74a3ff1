'use client'
import { Download, ScrollText } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useQueryStates } from 'nuqs'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import { useCallback, useMemo, useState } from 'react'
import { formatCount } from '../format'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { EntryList } from './entry-list'
import { FilterBar } from './filter-bar'
import { AUDIT_STATE, type AuditFilters, isFiltering, NO_FILTERS } from './filters'
import { useAuditEntries, useExport } from './hooks'

const EntryDialog = dynamic(() => import('./entry-dialog').then((m) => m.EntryDialog))

/** Who did what: everything that has to do with signing in, accounts, keys and settings. */
export function AuditView({ canExport }: { canExport: boolean }) {
  return (
    <NuqsAdapter>
      <AuditLog canExport={canExport} />
    </NuqsAdapter>
  )
}

function AuditLog({ canExport }: { canExport: boolean }) {
  const [{ entry, ...filters }, setState] = useQueryStates(AUDIT_STATE)
  const [generation, setGeneration] = useState(0)
  const change = (wanted: Partial<AuditFilters> | typeof NO_FILTERS) => {
    if (wanted === NO_FILTERS) setGeneration((now) => now + 1)
    void setState(wanted)
  }
  const open = useCallback((number: number | null) => void setState({ entry: number }), [setState])
  return (
    <>
      <PageHead title="Audit log" actions={canExport && <ExportButtons filters={filters} />}>
        Who signed in or failed to, and who changed what.{' '}
        <code className="font-mono">bennu audit verify</code> says whether it is the log that was written.
      </PageHead>
      <FilterBar filters={filters} onChange={change} generation={generation} />
      <Entries filters={filters} open={entry} onOpen={open} onClear={() => change(NO_FILTERS)} />
    </>
  )
}

function ExportButtons({ filters }: { filters: AuditFilters }) {
  const download = useExport(filters)
  return (
    <span className="flex flex-wrap items-center gap-2">
      {(['jsonl', 'csv'] as const).map((format) => (
        <Button
          key={format}
          icon={<Download className="size-4" />}
          isPending={download.isPending && download.variables === format}
          onPress={() => download.mutate(format)}
        >
          Export {format.toUpperCase()}
        </Button>
      ))}
      {download.isError && <Failure what="Nothing could be exported." error={download.error} />}
    </span>
  )
}

interface EntriesProps {
  filters: AuditFilters
  open: number | null
  onOpen: (number: number | null) => void
  onClear: () => void
}

function Entries({ filters, open, onOpen, onClear }: EntriesProps) {
  const query = useAuditEntries(filters)
  // The same array while the data is the same: the table would render for ever otherwise.
  const entries = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data])
  const failure = query.isError && (
    <Failure
      what={query.data ? 'Older entries could not be loaded.' : 'The audit log could not be loaded.'}
      error={query.error}
      onRetry={() => query.refetch()}
    />
  )
  return (
    <>
      {failure}
      {!query.data && !failure && <TableSkeleton label="Loading the audit log" rows={10} />}
      {entries.length > 0 && <EntryList entries={entries} onOpen={onOpen} />}
      {query.data && entries.length === 0 && !query.goesOn && (
        <Nothing isFiltering={isFiltering(filters)} onClear={onClear} />
      )}
      {query.data && <Older query={query} />}
      {open !== null && (
        <EntryDialog
          number={open}
          known={entries.find(({ number }) => number === open)}
          onClose={() => onOpen(null)}
        />
      )}
    </>
  )
}

/** How much is shown, and the way to what is older. */
function Older({ query }: { query: ReturnType<typeof useAuditEntries> }) {
  const { found, goesOn, hasNextPage, isFetchingNextPage, fetchNextPage } = query
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p role="status" className="tnum text-muted">
        {goesOn
          ? 'Looking further back …'
          : `${formatCount(found)} ${found === 1 ? 'entry' : 'entries'}${hasNextPage ? ' shown' : ''}`}
      </p>
      {hasNextPage && !goesOn && (
        <Button size="sm" isPending={isFetchingNextPage} onPress={() => fetchNextPage()}>
          Load older
        </Button>
      )}
    </div>
  )
}

function Nothing({ isFiltering, onClear }: { isFiltering: boolean; onClear: () => void }) {
  return (
    <EmptyState
      icon={<ScrollText className="size-6" />}
      title={isFiltering ? 'Nothing is found' : 'Nothing is on record yet'}
      action={isFiltering && <Button onPress={onClear}>Clear filters</Button>}
    >
      {isFiltering
        ? 'No entry is like this. A name must be the whole name; an address the whole address.'
        : 'The next sign-in, and every change of an account or a key, appears here.'}
    </EmptyState>
  )
}
