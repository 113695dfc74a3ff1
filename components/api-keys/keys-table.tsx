'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import type { ApiKey } from '#server/api-keys/model'
import { formatRelative } from '../format'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { DataTable } from '../ui/table'
import { RelativeTime, useNow } from '../ui/time'
import { expiryState, unusedDays } from './expiry'
import { roleWord, scopeWord } from './words'

/** The keys, newest first. */
export function KeysTable({ apiKeys, onDelete }: { apiKeys: ApiKey[]; onDelete: (apiKey: ApiKey) => void }) {
  const columns = useMemo(() => columnsFor(onDelete), [onDelete])
  const table = useReactTable({
    data: apiKeys,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (key) => String(key.id),
  })
  return <DataTable table={table} label="System API keys" />
}

const NOWRAP = 'whitespace-nowrap'

function columnsFor(onDelete: (apiKey: ApiKey) => void): ColumnDef<ApiKey>[] {
  return [
    {
      header: 'Name',
      cell: ({ row: { original } }) => (
        <span title={original.name} className="block max-w-56 min-w-24 truncate font-medium">
          {original.name}
        </span>
      ),
    },
    {
      header: 'Ends in',
      cell: ({ row: { original } }) => (
        <span className="font-mono text-xs text-muted">
          {original.lastFour ? `…${original.lastFour}` : '–'}
        </span>
      ),
      meta: { className: NOWRAP },
    },
    {
      header: 'Scope',
      cell: ({ row: { original } }) => (
        <Badge tone={original.scope === 'ingest' ? 'accent' : 'neutral'}>{scopeWord(original.scope)}</Badge>
      ),
    },
    {
      header: 'Role',
      cell: ({ row: { original } }) => (
        <Badge tone={original.role === 'ADMIN' ? 'warn' : 'neutral'}>{roleWord(original.role)}</Badge>
      ),
    },
    {
      header: 'Last used',
      cell: ({ row: { original } }) => <LastUsed apiKey={original} />,
      meta: { className: NOWRAP },
    },
    {
      header: 'Expires',
      cell: ({ row: { original } }) => <Expires apiKey={original} />,
      meta: { className: NOWRAP },
    },
    {
      header: 'Created by',
      cell: ({ row: { original } }) => (
        <span className="block max-w-40 truncate text-muted">
          {original.createdBy?.username ?? 'deleted user'}
        </span>
      ),
    },
    {
      id: 'delete',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => (
        <Button
          variant="quiet"
          size="iconSm"
          aria-label={`Delete ${original.name}`}
          onPress={() => onDelete(original)}
          icon={<Trash2 className="size-4" />}
        />
      ),
      meta: { className: 'text-right' },
    },
  ]
}

const msOf = (date: Date | null) => (date === null ? null : new Date(date).getTime())

function LastUsed({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow()
  const used = msOf(apiKey.lastUsedAt)
  const unused = unusedDays(used, new Date(apiKey.createdAt).getTime(), now)
  if (unused !== null) return <Badge tone="warn">unused {unused} days</Badge>
  return <span className="text-muted">{used === null ? 'never' : <RelativeTime at={used} />}</span>
}

function Expires({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow()
  const expires = msOf(apiKey.expiresAt)
  if (expires === null) return <span className="text-muted">never</span>
  const state = expiryState(expires, now)
  if (state === 'far') return <RelativeTime at={expires} />
  const text = state === 'expired' ? `expired ${formatRelative(expires, now)}` : formatRelative(expires, now)
  return <Badge tone={state === 'expired' ? 'danger' : 'warn'}>{text}</Badge>
}
