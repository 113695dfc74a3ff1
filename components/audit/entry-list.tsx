'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { CircleCheck, CircleX } from 'lucide-react'
import { useMemo } from 'react'
import type { AuditEntry } from '#server/audit/model'
import { DataTable } from '../ui/table'
import { RelativeTime } from '../ui/time'
import { whatOf, whomOf, whoOf, whyOf } from './words'

interface EntryListProps {
  entries: AuditEntry[]
  onOpen: (number: number) => void
}

/** Entries, newest first; each opens with all that is known of it. */
export function EntryList({ entries, onOpen }: EntryListProps) {
  const columns = useMemo(() => columnsFor(onOpen), [onOpen])
  const table = useReactTable({
    data: entries,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (entry) => String(entry.number),
  })
  return <DataTable table={table} label="Entries" />
}

const CUT = 'block max-w-48 truncate'

function columnsFor(onOpen: EntryListProps['onOpen']): ColumnDef<AuditEntry>[] {
  return [
    {
      header: 'When',
      cell: ({ row: { original } }) => (
        <RelativeTime at={Date.parse(original.at)} className="whitespace-nowrap text-muted" />
      ),
      meta: { className: 'max-sm:hidden' },
    },
    {
      header: 'What',
      cell: ({ row: { original } }) => <What entry={original} onOpen={onOpen} />,
    },
    {
      header: 'Who',
      cell: ({ row: { original } }) => (
        <span className={CUT} title={whoOf(original)}>
          {whoOf(original)}
        </span>
      ),
      meta: { className: 'max-sm:hidden' },
    },
    {
      header: 'On',
      cell: ({ row: { original } }) => (
        <span className={`${CUT} text-muted`} title={whomOf(original) ?? undefined}>
          {whomOf(original) ?? '–'}
        </span>
      ),
      meta: { className: 'max-md:hidden' },
    },
    {
      header: 'From',
      cell: ({ row: { original } }) => (
        <span className="font-mono text-xs whitespace-nowrap text-muted">{original.address ?? '–'}</span>
      ),
      meta: { className: 'max-lg:hidden' },
    },
  ]
}

function What({ entry, onOpen }: { entry: AuditEntry; onOpen: EntryListProps['onOpen'] }) {
  const why = whyOf(entry)
  const hasFailed = entry.outcome === 'failure'
  const Icon = hasFailed ? CircleX : CircleCheck
  return (
    <button
      type="button"
      onClick={() => onOpen(entry.number)}
      className="flex min-w-0 cursor-pointer items-start gap-2 rounded-sm py-1 text-left hover:underline"
    >
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${hasFailed ? 'text-danger' : 'text-ok'}`} />
      <span className="min-w-0">
        <span className="block wrap-anywhere">
          <span className="font-medium">{whatOf(entry)}</span>
          {hasFailed && <span className="sr-only"> (failed)</span>}
          {why !== null && <span className="text-muted">: {why}</span>}
        </span>
        <span className="block text-xs wrap-anywhere text-muted sm:hidden">
          {whoOf(entry)}, <RelativeTime at={Date.parse(entry.at)} />
        </span>
      </span>
    </button>
  )
}
