/** Keys as the pages ask for them: lists by page, use by day, and what changes them. */
import {
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import type { ApiKeyInput, ApiKeyKind, KeyList, KeyPage, KeySummary, KeyUsage } from '#server/api-keys/model'
import { api } from '../api'

/** What the one answer that holds a key's text has in it. */
export interface CreatedKey {
  id: string
  name: string
  key: string
  scope: string
  role: string
  expires_at?: string
}

const PATHS = { system: '/v1/system/api_keys', user: '/v1/user/api_keys' } as const
const pathOf = (key: Pick<KeySummary, 'id' | 'kind'>) => `${PATHS[key.kind]}/${encodeURIComponent(key.id)}`

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

/** Makes a key and returns it with its text, which nobody can ask for again. */
export async function createKey(kind: ApiKeyKind, input: ApiKeyInput): Promise<CreatedKey> {
  const { data } = await api<{ data: CreatedKey }>(PATHS[kind], { method: 'POST', body: { data: input } })
  return data
}

const refresh = (client: QueryClient) => {
  void client.invalidateQueries({ queryKey: ['keys'] })
  void client.invalidateQueries({ queryKey: ['users'] })
}

export function useCreateKey(kind: ApiKeyKind) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: ApiKeyInput) => createKey(kind, input),
    onSuccess: () => refresh(client),
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
    onSuccess: () => refresh(client),
  })
}

export function useDeleteKey(key: Pick<KeySummary, 'id' | 'kind'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api<void>(pathOf(key), { method: 'DELETE' }),
    onSuccess: () => refresh(client),
  })
}
