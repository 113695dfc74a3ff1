'use client'
import { UserPlus, Users } from 'lucide-react'
import dynamic from 'next/dynamic'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import { useMemo, useState } from 'react'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { LoadMore } from '../ui/load-more'
import { SearchField } from '../ui/search-field'
import { Segmented } from '../ui/segmented'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { type UserDeed, UserDialogs } from './deeds'
import { useUsers } from './hooks'
import { type PasswordPolicy, PasswordPolicyProvider } from './password-policy'
import { UsersTable } from './users-table'

const AddUserDialog = dynamic(() => import('./add-user-dialog').then((m) => m.AddUserDialog))
const BlockedList = dynamic(() => import('./blocked-list').then((m) => m.BlockedList))

const VIEWS = [
  { value: 'accounts', label: 'Accounts' },
  { value: 'blocked', label: 'Blocked addresses' },
] as const

interface UsersViewProps {
  policy: PasswordPolicy
  /** Whether accounts with a password can be made here. */
  canAdd: boolean
}

/** Everybody who may sign in, and who may never again. */
export function UsersView({ policy, canAdd }: UsersViewProps) {
  return (
    <NuqsAdapter>
      <PasswordPolicyProvider policy={policy}>
        <Everybody canAdd={canAdd} />
      </PasswordPolicyProvider>
    </NuqsAdapter>
  )
}

function Everybody({ canAdd }: { canAdd: boolean }) {
  const [{ view, search }, setState] = useQueryStates({
    view: parseAsStringLiteral(['accounts', 'blocked']).withDefault('accounts'),
    search: parseAsString.withDefault(''),
  })
  const [isAdding, setAdding] = useState(false)
  return (
    <>
      <PageHead
        title="Users"
        actions={
          canAdd && (
            <Button variant="primary" onPress={() => setAdding(true)} icon={<UserPlus className="size-4" />}>
              Add user
            </Button>
          )
        }
      >
        Who may sign in, as what, and where they are signed in.
      </PageHead>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label="What is listed"
          options={VIEWS}
          value={view}
          onChange={(wanted) => setState({ view: wanted })}
        />
        {view === 'accounts' && (
          <SearchField
            label="Search the users"
            placeholder="Name or e-mail"
            value={search}
            onSearch={(text) => setState({ search: text || null })}
          />
        )}
      </div>
      {view === 'accounts' ? <Accounts search={search} /> : <BlockedList />}
      {isAdding && <AddUserDialog onClose={() => setAdding(false)} />}
    </>
  )
}

function Accounts({ search }: { search: string }) {
  const query = useUsers(search)
  const [deed, setDeed] = useState<UserDeed | null>(null)
  // The same array while the data is the same: the table would render for ever otherwise.
  const users = useMemo(() => query.data?.pages.flatMap((page) => page.users) ?? [], [query.data])
  const total = query.data?.pages.at(-1)?.total ?? 0
  const failure = query.isError && (
    <Failure
      what={query.data ? 'The users could not be refreshed.' : 'The users could not be loaded.'}
      error={query.error}
      onRetry={() => query.refetch()}
    />
  )
  if (!query.data) return failure || <TableSkeleton label="Loading the users" />
  return (
    <>
      {failure}
      {users.length > 0 ? (
        <>
          <UsersTable users={users} onDeed={setDeed} />
          <LoadMore
            shown={users.length}
            total={total}
            noun={total === 1 ? 'user' : 'users'}
            hasMore={query.hasNextPage}
            isLoading={query.isFetchingNextPage}
            onMore={() => query.fetchNextPage()}
          />
        </>
      ) : (
        <EmptyState icon={<Users className="size-6" />} title="Nobody is found">
          No name and no e-mail address holds “{search}”.
        </EmptyState>
      )}
      <UserDialogs deed={deed} onClose={() => setDeed(null)} />
    </>
  )
}
