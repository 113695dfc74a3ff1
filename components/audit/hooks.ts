/** The audit log as the page asks for it. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { AuditEntry, AuditPage } from '#server/audit/model'
import { api } from '../api'
import { withRoot } from '../root-path'
import { type AuditFilters, queryOf } from './filters'

const PAGE = 50
/** A search that finds little goes on by itself until so many are shown. */
const ENOUGH = 25

/** Entries, newest first, page by page; what is shown stays while another search is on its way. */
export function useAuditEntries(filters: AuditFilters) {
  const query = useInfiniteQuery({
    queryKey: ['audit', 'list', filters],
    queryFn: ({ pageParam, signal }) => {
      const search = queryOf(filters, Date.now())
      search.set('limit', String(PAGE))
      if (pageParam !== null) search.set('cursor', pageParam)
      return api<AuditPage>(`/v1/audit?${search}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })
  const { data, hasNextPage, isFetching, isError, isPlaceholderData, fetchNextPage } = query
  const found = data?.pages.reduce((sum, page) => sum + page.data.length, 0) ?? 0
  const goesOn = hasNextPage && found < ENOUGH && !isPlaceholderData
  useEffect(() => {
    if (goesOn && !isFetching && !isError) void fetchNextPage()
  }, [goesOn, isFetching, isError, fetchNextPage])
  return { ...query, found, goesOn }
}

/** One entry; the one of the list until the server has answered. */
export function useAuditEntry(number: number, known: AuditEntry | undefined) {
  return useQuery({
    queryKey: ['audit', 'one', number],
    queryFn: async ({ signal }) => (await api<{ data: AuditEntry }>(`/v1/audit/${number}`, { signal })).data,
    ...(known && { initialData: known }),
    staleTime: 60_000,
  })
}

export type ExportFormat = 'jsonl' | 'csv'

/** Has the browser download what the filters leave, whatever its size. */
export function useExport(filters: AuditFilters) {
  return useMutation({
    mutationFn: async (format: ExportFormat) => {
      // A download cannot renew the session: this does, where that is due.
      await api('/v1/audit?limit=1')
      const query = queryOf(filters, Date.now())
      query.set('format', format)
      location.assign(withRoot(`/v1/audit/export?${query}`))
    },
  })
}
