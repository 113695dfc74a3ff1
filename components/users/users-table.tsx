'use client'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { MoreHorizontal } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useMemo } from 'react'
import type { UserSummary } from '#server/users/model'
import { formatCount } from '../format'
import { Avatar } from '../ui/avatar'
import { Badge } from '../ui/badge'
import { Link } from '../ui/link'
import { MenuButton } from '../ui/menu'
import { SelectField } from '../ui/select-field'
import { DataTable } from '../ui/table'
import { RelativeTime } from '../ui/time'
import { type UserDeed, userActions } from './deeds'
import { userPath } from './paths'
import { UserState } from './user-state'
import { methodWord, ROLES } from './words'

interface UsersTableProps {
  users: UserSummary[]
  onDeed: (deed: UserDeed) => void
}

/** Accounts with what an admin does most often in place. */
export function UsersTable({ users, onDeed }: UsersTableProps) {
  const router = useRouter()
  const columns = useMemo(
    () => columnsFor(onDeed, (user) => router.push(userPath(user.id))),
    [onDeed, router],
  )
  const table = useReactTable({
    data: users,
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (user) => user.id,
  })
  return <DataTable table={table} label="Users" />
}

const NOWRAP = 'whitespace-nowrap'
const NUMBER = 'text-right tnum max-sm:hidden'

function columnsFor(
  onDeed: UsersTableProps['onDeed'],
  onOpen: (user: UserSummary) => void,
): ColumnDef<UserSummary>[] {
  return [
    { header: 'User', cell: ({ row: { original } }) => <Who user={original} /> },
    { header: 'Role', cell: ({ row: { original } }) => <RoleCell user={original} onDeed={onDeed} /> },
    {
      header: 'Signs in by',
      cell: ({ row: { original } }) => <span className="text-muted">{methodWord(original.authMethod)}</span>,
      meta: { className: `${NOWRAP} max-sm:hidden` },
    },
    {
      header: 'Keys',
      cell: ({ row: { original } }) => formatCount(original.keyCount),
      meta: { className: NUMBER },
    },
    {
      header: 'Sessions',
      cell: ({ row: { original } }) => formatCount(original.sessionCount),
      meta: { className: NUMBER },
    },
    {
      header: 'Last seen',
      cell: ({ row: { original } }) => <When at={original.lastSeenAt} />,
      meta: { className: `${NOWRAP} max-sm:hidden` },
    },
    {
      header: 'Created',
      cell: ({ row: { original } }) => <When at={original.createdAt} />,
      meta: { className: `${NOWRAP} max-sm:hidden` },
    },
    {
      header: 'State',
      cell: ({ row: { original } }) => <UserState user={original} />,
      meta: { className: `${NOWRAP} max-sm:hidden` },
    },
    {
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original } }) => (
        <MenuButton
          label={`Actions for ${original.username}`}
          variant="quiet"
          size="iconSm"
          icon={<MoreHorizontal className="size-4" />}
          actions={userActions(original, onDeed, () => onOpen(original))}
        />
      ),
      meta: { className: 'text-right' },
    },
  ]
}

function Who({ user }: { user: UserSummary }) {
  return (
    <span className="flex max-w-36 min-w-24 items-center gap-2.5 py-1.5 sm:max-w-60 sm:min-w-32">
      <span className="max-sm:hidden">
        <Avatar name={user.username} />
      </span>
      <span className="min-w-0">
        <span className="flex min-w-0 items-center gap-1.5">
          <Link
            href={userPath(user.id)}
            title={user.username}
            className="truncate rounded-sm font-medium hover:underline"
          >
            {user.username}
          </Link>
          {user.isSelf && <Badge>you</Badge>}
        </span>
        <span title={user.email ?? undefined} className="block truncate text-xs text-muted">
          {user.email ?? 'no e-mail address'}
        </span>
        {(user.disabledAt !== null || user.mustReset) && (
          <span className="mt-0.5 block sm:hidden">
            <UserState user={user} />
          </span>
        )}
      </span>
    </span>
  )
}

/** The role, to be changed where that is allowed; else the reason why not. */
function RoleCell({ user, onDeed }: { user: UserSummary; onDeed: UsersTableProps['onDeed'] }) {
  return (
    <SelectField
      label={`Role of ${user.username}`}
      isBare
      options={ROLES}
      value={user.role}
      isDisabled={!user.may.changeRole}
      note={user.whyNot.changeRole}
      onChange={(role) => onDeed({ kind: 'role', user, role })}
      className="w-26"
    />
  )
}

function When({ at }: { at: string | null }) {
  return <span className="text-muted">{at === null ? 'never' : <RelativeTime at={Date.parse(at)} />}</span>
}
