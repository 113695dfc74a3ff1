/** Keys as the pages ask for them: lists by page, use by day, and what changes them. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import type { KeyList, KeyPage, KeySummary, KeyUsage } from '#server/api-keys/model'
import { api } from '../api'
import { type CreatedKey, KEY_PATHS, refreshKeys } from './create-key'

const pathOf = (key: Pick<KeySummary, 'id' | 'kind'>) =>
  `${KEY_PATHS[key.kind]}/${encodeURIComponent(key.id)}`

/** Which keys a list shows. */
export interface KeyFilter {
  list: KeyList
  search?: string
  /** GlobalID of the one person whose keys these are. */
  owner?: string
}

/** How often a list is asked for anew while one looks at it. */
const REFRESH_MS = 20_000

/** A list of keys, page by page; what is shown stays while another search is on its way. */
export function useKeys(filter: KeyFilter) {
  return useInfiniteQuery({
    queryKey: ['keys', filter],
    queryFn: ({ pageParam, signal }) => api<KeyPage>(listPath(filter, pageParam), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })
}

function listPath({ list, search, owner }: KeyFilter, cursor: string | null): string {
  const query = new URLSearchParams({ kind: list })
  if (search) query.set('search', search)
  if (owner) query.set('owner', owner)
  if (cursor !== null) query.set('cursor', cursor)
  return `/ui/keys?${query}`
}

/** How a key was used in the last 30 days. */
export function useKeyUsage(id: string) {
  return useQuery({
    queryKey: ['key-usage', id],
    queryFn: ({ signal }) => api<KeyUsage>(`/ui/keys/${encodeURIComponent(id)}/usage`, { signal }),
  })
}

/** Gives a key a new text; the old one works for the grace, in seconds. */
export function useRotateKey(key: Pick<KeySummary, 'id' | 'kind'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (graceSeconds: number) => {
      const body = { data: { grace_seconds: graceSeconds } }
      const { data } = await api<{ data: CreatedKey }>(`${pathOf(key)}/rotate`, { method: 'POST', body })
      return data
    },
    onSuccess: () => refreshKeys(client),
  })
}

/** Ends the value before the last rotation, whose grace is still running. */
export function useEndOldValue(key: Pick<KeySummary, 'id' | 'kind'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api<void>(`${pathOf(key)}/previous`, { method: 'DELETE' }),
    onSuccess: () => refreshKeys(client),
  })
}

export function useDeleteKey(key: Pick<KeySummary, 'id' | 'kind'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api<void>(pathOf(key), { method: 'DELETE' }),
    onSuccess: () => refreshKeys(client),
  })
}
