'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Page, TraceSummary } from '#server/traces/model'
import { fetchTraces } from './hooks'
import { appendPage, countNew, mergeHead, refreshKnown, type TraceList } from './trace-list'

interface Options {
  projectId: number
  initial: Page<TraceSummary>
  /** Whether to ask for new traces every few seconds. */
  isLive: boolean
  /** Whether the newest row is in view: only then may rows be put above it. */
  atTop: boolean
}

/** The traces of a project: the newest page asked for again and again, older pages on demand. */
export function useTraceList({ projectId, initial, isLive, atTop }: Options) {
  const [list, setList] = useState<TraceList>({ rows: initial.items, nextCursor: initial.nextCursor })
  const isEmpty = list.rows.length === 0
  const head = useQuery({
    queryKey: ['traces', projectId],
    queryFn: ({ signal }) => fetchTraces(projectId, null, signal),
    initialData: initial,
    refetchInterval: isLive ? (isEmpty ? 1_500 : 3_000) : false,
  })
  useEffect(() => {
    setList((now) => (atTop ? mergeHead(now, head.data) : refreshKnown(now, head.data)))
  }, [head.data, atTop])
  const older = useMutation({
    mutationFn: (cursor: string) => fetchTraces(projectId, cursor),
    onSuccess: (page) => setList((now) => appendPage(now, page)),
  })
  return {
    list,
    head,
    /** Traces that wait above the list until one goes to its top. */
    waiting: countNew(list, head.data),
    older,
    loadOlder: () => {
      if (list.nextCursor !== null && !older.isPending) older.mutate(list.nextCursor)
    },
  }
}
