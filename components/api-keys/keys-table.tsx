'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { ChartNoAxesColumn, CircleStop, MoreHorizontal, RotateCw, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import type { KeyList, KeySummary } from '#server/api-keys/model'
import { Badge } from '../ui/badge'
import { type MenuAction, MenuButton } from '../ui/menu'
import { DataTable } from '../ui/table'
import { ExpiryNote, OldValueNote } from './expiry-note'
import { Created, LastUsed, Name, Owner, ScopeBadge } from './key-cells'
import { roleWord } from './words'

/** What can be done with a key of the list. */
export type KeyDeed = 'usage' | 'rotate' | 'endOldValue' | 'delete'

interface KeysTableProps {
  apiKeys: KeySummary[]
  list: KeyList
  label: string
  /** Whether the list is of several people's keys: their names lead to their pages. */
  hasOwners: boolean
  onDeed: (deed: KeyDeed, apiKey: KeySummary) => void
}

/** Keys, newest first. */
export function KeysTable({ apiKeys, list, label, hasOwners, onDeed }: KeysTableProps) {
  const columns = useMemo(() => columnsFor(list, hasOwners, onDeed), [list, hasOwners, onDeed])
  const table = useReactTable({
    data: apiKeys,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (key) => key.id,
  })
  return <DataTable table={table} label={label} />
}

const NOWRAP = 'whitespace-nowrap'
// What a telephone has no room for stands below the name there.
const WIDE = `${NOWRAP} max-sm:hidden`
type Column = ColumnDef<KeySummary>

function columnsFor(list: KeyList, hasOwners: boolean, onDeed: KeysTableProps['onDeed']): Column[] {
  const all: (Column | false)[] = [
    {
      header: 'Name',
      cell: ({ row: { original } }) => (
        <Name apiKey={original} hasOwner={hasOwners} onOpen={() => onDeed('usage', original)} />
      ),
    },
    hasOwners && {
      header: 'Belongs to',
      cell: ({ row: { original } }) => <Owner apiKey={original} />,
      meta: { className: WIDE },
    },
    {
      header: 'Ends in',
      cell: ({ row: { original } }) => (
        <span className="font-mono text-xs text-muted">
          {original.lastFour ? `…${original.lastFour}` : '–'}
        </span>
      ),
      meta: { className: WIDE },
    },
    {
      header: 'Scope',
      cell: ({ row: { original } }) => <ScopeBadge apiKey={original} />,
      meta: { className: WIDE },
    },
    list !== 'own' && {
      header: 'Role',
      cell: ({ row: { original } }) => (
        <Badge tone={original.role === 'ADMIN' ? 'warn' : 'neutral'}>{roleWord(original.role)}</Badge>
      ),
      meta: { className: WIDE },
    },
    {
      header: 'Last used',
      cell: ({ row: { original } }) => <LastUsed apiKey={original} />,
      meta: { className: NOWRAP },
    },
    {
      header: 'Expires',
      cell: ({ row: { original } }) => (
        <span className="flex flex-col items-start gap-0.5">
          <ExpiryNote apiKey={original} />
          <OldValueNote apiKey={original} />
        </span>
      ),
      meta: { className: WIDE },
    },
    {
      header: list === 'system' ? 'Created by' : 'Created',
      cell: ({ row: { original } }) => <Created apiKey={original} hasMaker={list === 'system'} />,
      meta: { className: WIDE },
    },
    {
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => (
        <MenuButton
          label={`Actions for ${original.name}`}
          variant="quiet"
          size="iconSm"
          icon={<MoreHorizontal className="size-4" />}
          actions={actionsFor(original, onDeed)}
        />
      ),
      meta: { className: 'text-right' },
    },
  ]
  return all.filter((column) => column !== false)
}

function actionsFor(apiKey: KeySummary, onDeed: KeysTableProps['onDeed']): MenuAction[] {
  const { may, previousValidUntil } = apiKey
  const action = (deed: KeyDeed, label: string, Icon: typeof RotateCw): MenuAction => ({
    id: deed,
    label,
    icon: <Icon className="size-4" />,
    onSelect: () => onDeed(deed, apiKey),
  })
  const actions = [action('usage', 'Show use', ChartNoAxesColumn)]
  if (may.rotate) actions.push(action('rotate', 'Rotate', RotateCw))
  // Null as soon as no grace is running.
  if (may.rotate && previousValidUntil !== null)
    actions.push(action('endOldValue', 'End old value', CircleStop))
  if (may.delete) actions.push({ ...action('delete', 'Delete', Trash2), tone: 'danger' })
  return actions
}
