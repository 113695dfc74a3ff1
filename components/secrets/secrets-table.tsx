'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { CircleAlert, CircleCheck, MoreHorizontal, RefreshCw, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import type { SecretSummary } from '#server/secrets/model'
import { Badge } from '../ui/badge'
import { MenuButton } from '../ui/menu'
import { DataTable } from '../ui/table'
import { RelativeTime } from '../ui/time'
import type { SecretDeed } from './secrets-view'

interface SecretsTableProps {
  secrets: SecretSummary[]
  canStore: boolean
  onDeed: (deed: SecretDeed) => void
}

/** Secrets by name. */
export function SecretsTable({ secrets, canStore, onDeed }: SecretsTableProps) {
  const columns = useMemo(() => columnsFor(canStore, onDeed), [canStore, onDeed])
  const table = useReactTable({
    data: secrets,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (secret) => secret.key,
  })
  return <DataTable table={table} label="Stored secrets" />
}

const WIDE = 'whitespace-nowrap max-sm:hidden'

function columnsFor(canStore: boolean, onDeed: SecretsTableProps['onDeed']): ColumnDef<SecretSummary>[] {
  return [
    {
      header: 'Name',
      cell: ({ row: { original } }) => (
        <span title={original.key} className="block max-w-32 truncate font-mono text-xs sm:max-w-96">
          {original.key}
        </span>
      ),
    },
    { header: 'Value', cell: ({ row: { original } }) => <State secret={original} /> },
    {
      header: 'Updated',
      cell: ({ row: { original } }) => (
        <span className="text-muted">
          <RelativeTime at={Date.parse(original.updatedAt)} />
        </span>
      ),
      meta: { className: WIDE },
    },
    {
      header: 'By',
      cell: ({ row: { original } }) => (
        <span title={original.updatedBy?.username} className="block max-w-48 truncate text-muted">
          {original.updatedBy?.username ?? '–'}
        </span>
      ),
      meta: { className: WIDE },
    },
    {
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => (
        <MenuButton
          label={`Actions for ${original.key}`}
          variant="quiet"
          size="iconSm"
          icon={<MoreHorizontal className="size-4" />}
          actions={[
            {
              id: 'replace',
              label: 'Replace value',
              icon: <RefreshCw className="size-4" />,
              disabledWhy: canStore ? undefined : 'PHOENIX_SECRET is not set',
              onSelect: () => onDeed({ kind: 'set', secret: original }),
            },
            {
              id: 'delete',
              label: 'Delete',
              icon: <Trash2 className="size-4" />,
              tone: 'danger',
              onSelect: () => onDeed({ kind: 'delete', secret: original }),
            },
          ]}
        />
      ),
      meta: { className: 'text-right' },
    },
  ]
}

function State({ secret }: { secret: SecretSummary }) {
  if (secret.state === 'set')
    return (
      <Badge tone="ok" icon={<CircleCheck className="size-3" />}>
        set
      </Badge>
    )
  return (
    <Badge tone="danger" icon={<CircleAlert className="size-3" />}>
      cannot be read
    </Badge>
  )
}
