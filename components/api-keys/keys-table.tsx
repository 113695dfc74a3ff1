'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { ChartNoAxesColumn, MoreHorizontal, RotateCw, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import type { KeyList, KeySummary } from '#server/api-keys/model'
import { Badge } from '../ui/badge'
import { Link } from '../ui/link'
import { type MenuAction, MenuButton } from '../ui/menu'
import { DataTable } from '../ui/table'
import { RelativeTime, useNow } from '../ui/time'
import { userPath } from '../users/paths'
import { unusedDays } from './expiry'
import { ExpiryNote, OldValueNote } from './expiry-note'
import { roleWord, scopeWord } from './words'

/** What can be done with a key of the list. */
export type KeyDeed = 'usage' | 'rotate' | 'delete'

interface KeysTableProps {
  apiKeys: KeySummary[]
  list: KeyList
  label: string
  /** Whether the owner's name leads to the owner's page. */
  linkOwners: boolean
  onDeed: (deed: KeyDeed, apiKey: KeySummary) => void
}

/** Keys, newest first. */
export function KeysTable({ apiKeys, list, label, linkOwners, onDeed }: KeysTableProps) {
  const columns = useMemo(() => columnsFor(list, linkOwners, onDeed), [list, linkOwners, onDeed])
  const table = useReactTable({
    data: apiKeys,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (key) => key.id,
  })
  return <DataTable table={table} label={label} />
}

const NOWRAP = 'whitespace-nowrap'
type Column = ColumnDef<KeySummary>

function columnsFor(list: KeyList, linkOwners: boolean, onDeed: KeysTableProps['onDeed']): Column[] {
  const all: (Column | false)[] = [
    {
      header: 'Name',
      cell: ({ row: { original } }) => (
        <button
          type="button"
          title={original.name}
          onClick={() => onDeed('usage', original)}
          className="block max-w-56 min-w-24 cursor-pointer truncate rounded-sm text-left font-medium hover:underline"
        >
          {original.name}
        </button>
      ),
    },
    list === 'user' && {
      header: 'Belongs to',
      cell: ({ row: { original } }) => <Owner apiKey={original} isLink={linkOwners} />,
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
    list !== 'own' && {
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
      cell: ({ row: { original } }) => (
        <span className="flex flex-col items-start gap-0.5 py-1">
          <ExpiryNote apiKey={original} />
          <OldValueNote apiKey={original} />
        </span>
      ),
      meta: { className: NOWRAP },
    },
    {
      header: list === 'system' ? 'Created by' : 'Created',
      cell: ({ row: { original } }) => <Created apiKey={original} hasMaker={list === 'system'} />,
      meta: { className: NOWRAP },
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
  return [
    {
      id: 'usage',
      label: 'Show use',
      icon: <ChartNoAxesColumn className="size-4" />,
      onSelect: () => onDeed('usage', apiKey),
    },
    ...(apiKey.may.rotate
      ? [
          {
            id: 'rotate',
            label: 'Rotate',
            icon: <RotateCw className="size-4" />,
            onSelect: () => onDeed('rotate', apiKey),
          },
        ]
      : []),
    ...(apiKey.may.delete
      ? [
          {
            id: 'delete',
            label: 'Delete',
            icon: <Trash2 className="size-4" />,
            tone: 'danger' as const,
            onSelect: () => onDeed('delete', apiKey),
          },
        ]
      : []),
  ]
}

function Owner({ apiKey: { owner }, isLink }: { apiKey: KeySummary; isLink: boolean }) {
  if (!owner) return <span className="text-muted">–</span>
  const name = <span className="block max-w-40 truncate">{owner.username}</span>
  const title = owner.email ?? owner.username
  if (!isLink) return <span title={title}>{name}</span>
  return (
    <Link href={userPath(owner.id)} title={title} className="block rounded-sm hover:underline">
      {name}
    </Link>
  )
}

function LastUsed({ apiKey }: { apiKey: KeySummary }) {
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

function Created({ apiKey, hasMaker }: { apiKey: KeySummary; hasMaker: boolean }) {
  const time = <RelativeTime at={Date.parse(apiKey.createdAt)} className="text-muted" />
  if (!hasMaker) return time
  return (
    <span>
      <span className="block max-w-40 truncate">{apiKey.createdBy?.username ?? 'deleted user'}</span>
      <span className="text-xs">{time}</span>
    </span>
  )
}
