/** Accounts as the pages ask for them, and what changes them. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import type { MailOutcome } from '#server/mail/model'
import type { BlockedIdentities, UserDetail, UserPage, UserSummary } from '#server/users/model'
import { api } from '../api'

const REFRESH_MS = 30_000
const BLOCKED = ['blocked']
const restPath = (id: string) => `/v1/users/${encodeURIComponent(id)}`

/** Accounts, page by page; what is shown stays while another search is on its way. */
export function useUsers(search: string) {
  return useInfiniteQuery({
    queryKey: ['users', 'list', search],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(search ? { search } : {})
      if (pageParam !== null) query.set('cursor', pageParam)
      return api<UserPage>(`/ui/users?${query}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })
}

/** One account, and what its deletion would stop. */
export function useUser(id: string, initialData?: UserDetail) {
  return useQuery({
    queryKey: ['users', 'one', id],
    queryFn: ({ signal }) => api<UserDetail>(`/ui/users/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: REFRESH_MS,
    ...(initialData && { initialData }),
  })
}

/** What an admin may change of an account. */
export interface UserChange {
  role?: UserSummary['role']
  password?: string
  disabled?: boolean
  disabled_reason?: string
}

export function useChangeUser(id: string) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (user: UserChange) => api(restPath(id), { method: 'PATCH', body: { user } }),
    onSuccess: refresh,
  })
}

/** An account that signs in by e-mail and password. */
export interface LocalUser {
  email: string
  username: string
  role: UserSummary['role']
  /** Null for one that the newcomer chooses with a mailed link. */
  password: string | null
}

export function useCreateUser() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (user: LocalUser) =>
      api('/v1/users', {
        method: 'POST',
        body: { user: { auth_method: 'LOCAL', ...user }, send_welcome_email: user.password === null },
      }),
    onSuccess: refresh,
  })
}

/** Mails somebody a link to choose a new password. */
export function useMailLink(id: string) {
  return useMutation({
    mutationFn: () => api<MailOutcome>(`/ui/users/${encodeURIComponent(id)}/reset-link`, { method: 'POST' }),
  })
}

/** Deletes an account; with `block` its address and name are never let back. */
export function useDeleteUser(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ block }: { block: boolean }) =>
      api<void>(`${restPath(id)}${block ? '?block=true' : ''}`, { method: 'DELETE' }),
    onSuccess: () => {
      // What is shown of the account itself is not asked for again: it is not there any more.
      for (const key of ['users', 'sessions', 'keys']) {
        void client.invalidateQueries({ queryKey: [key], refetchType: 'none' })
      }
      void client.invalidateQueries({ queryKey: ['users', 'list'] })
      void client.invalidateQueries({ queryKey: BLOCKED })
    },
  })
}

/** Addresses and names that no account may have, newest first, page by page. */
export function useBlocked() {
  return useInfiniteQuery({
    queryKey: BLOCKED,
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam === null ? '' : `?cursor=${encodeURIComponent(pageParam)}`
      return api<BlockedIdentities>(`/ui/blocked${query}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
}

/** Whom to let back: a line of the list, or somebody by address or name. */
export type Lift = { id: string } | { email: string } | { username: string }

/** Lets a blocked address and its name back in. */
export function useLift() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (lift: Lift) =>
      'id' in lift
        ? api<void>(`/ui/blocked/${encodeURIComponent(lift.id)}`, { method: 'DELETE' })
        : api<void>('/ui/blocked/lift', { method: 'POST', body: lift }),
    onSuccess: () => client.invalidateQueries({ queryKey: BLOCKED }),
  })
}

function useRefresh() {
  const client = useQueryClient()
  return () => {
    for (const key of ['users', 'sessions', 'keys', 'blocked']) {
      void client.invalidateQueries({ queryKey: [key] })
    }
  }
}
