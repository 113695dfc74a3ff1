/** The questions that the pages of traces ask the server again and again. Times of JSON are numbers already. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Page, SpanDetail, TraceDetail, TraceSummary } from '#server/traces/model'
import { api } from '../api'
import { globalId } from '../ids'
import { lacksSpans } from './first-paint'

export const TRACES_PER_PAGE = 50

/** One page of traces, newest first. */
export function fetchTraces(projectId: number, cursor: string | null, signal?: AbortSignal) {
  const query = new URLSearchParams({ limit: String(TRACES_PER_PAGE) })
  if (cursor) query.set('cursor', cursor)
  const id = encodeURIComponent(globalId('Project', projectId))
  return api<Page<TraceSummary>>(`/ui/projects/${id}/traces?${query}`, signal ? { signal } : {})
}

/** A trace with the skeletons of its spans. Asked again while it may still grow. */
export function useTrace(traceId: string, initial: TraceDetail) {
  return useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => api<TraceDetail>(`/ui/traces/${encodeURIComponent(traceId)}`, { signal }),
    // What lacks its spans is shown meanwhile and fetched at once.
    ...(lacksSpans(initial) ? { placeholderData: initial } : { initialData: initial }),
    refetchInterval: ({ state }) => (state.data && isFresh(state.data) ? 4_000 : false),
  })
}

/** Spans of one trace arrive in batches: what ended in the last two minutes may get more of them. */
function isFresh(trace: TraceDetail): boolean {
  return Date.now() - trace.endTime / 1000 < 120_000
}

/** Everything about one span, fetched when it is selected; what is shown stays until it is there. */
export function useSpan(rowId: number) {
  return useQuery({
    queryKey: ['span', rowId],
    queryFn: ({ signal }) => api<SpanDetail>(`/ui/spans/${rowId}`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 5 * 60_000,
  })
}
