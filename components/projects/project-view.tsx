'use client'
import { ArrowUp, Pause } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Page, TraceSummary } from '#server/traces/model'
import { plural } from '../format'
import { projectPath } from '../ids'
import { TopLine } from '../shell/page'
import { setTraceOrder } from '../traces/trace-order'
import { TracesTable } from '../traces/traces-table'
import { useTraceList } from '../traces/use-trace-list'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import type { OnboardingProps } from './onboarding'

const Onboarding = dynamic(() => import('./onboarding').then((m) => m.Onboarding))

interface ProjectViewProps {
  project: { id: number; name: string }
  initial: Page<TraceSummary>
  onboarding: Omit<OnboardingProps, 'projectName'>
}

/** A project's traces, or how to send the first one. */
export function ProjectView({ project, initial, onboarding }: ProjectViewProps) {
  const [isLive, setLive] = useState(true)
  const [atTop, setAtTop] = useState(true)
  const scroller = useRef<HTMLDivElement>(null)
  const { list, head, waiting, older, loadOlder } = useTraceList({
    projectId: project.id,
    initial,
    isLive,
    atTop,
  })
  useEffect(() => {
    setTraceOrder({ projectId: project.id, traceIds: list.rows.map((row) => row.traceId) })
    return () => setTraceOrder(null)
  }, [project.id, list.rows])
  const wasEmpty = useRef(initial.items.length === 0)
  if (wasEmpty.current && list.rows.length > 0) {
    wasEmpty.current = false
    void notify('The first trace has arrived')
  }
  const onScroll = useCallback(() => setAtTop((scroller.current?.scrollTop ?? 0) < 8), [])
  const isEmpty = list.rows.length === 0
  return (
    <>
      <TopLine
        crumbs={[
          { label: 'Projects', href: '/projects' },
          { label: project.name, href: projectPath(project.id) },
        ]}
        heading
      >
        {!isEmpty && (
          <Button
            size="sm"
            onPress={() => setLive(!isLive)}
            title={isLive ? 'New traces appear by themselves: pause' : 'Follow new traces again'}
            icon={isLive ? <span className="size-2 rounded-full bg-ok" /> : <Pause className="size-3.5" />}
          >
            {isLive ? 'Live' : 'Paused'}
          </Button>
        )}
      </TopLine>
      <main
        id="content"
        ref={scroller}
        onScroll={onScroll}
        tabIndex={-1}
        className="relative min-h-0 grow overflow-y-auto outline-none"
      >
        {head.isError && (
          <div className="p-3">
            <Failure
              what="The traces could not be refreshed."
              error={head.error}
              onRetry={() => head.refetch()}
            />
          </div>
        )}
        {isEmpty ? (
          <Onboarding {...onboarding} projectName={project.name} />
        ) : (
          <>
            {waiting > 0 && (
              <NewTraces count={waiting} onShow={() => scroller.current?.scrollTo({ top: 0 })} />
            )}
            <TracesTable projectId={project.id} rows={list.rows} scroller={scroller} onEnd={loadOlder} />
            <TableFoot
              count={list.rows.length}
              hasMore={list.nextCursor !== null}
              older={older}
              onMore={loadOlder}
            />
          </>
        )}
      </main>
    </>
  )
}

/** New rows wait above until they are asked for, so that nothing moves under the reader. */
function NewTraces({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div className="pointer-events-none sticky top-11 z-20 flex h-0 justify-center">
      <Button
        variant="primary"
        size="sm"
        className="pointer-events-auto rounded-full px-3 shadow-lg"
        onPress={onShow}
        icon={<ArrowUp className="size-3.5" />}
      >
        {count >= 50 ? 'Many new traces' : plural(count, 'new trace')}
      </Button>
    </div>
  )
}

interface TableFootProps {
  count: number
  hasMore: boolean
  older: { isPending: boolean; isError: boolean; error: unknown }
  onMore: () => void
}

function TableFoot({ count, hasMore, older, onMore }: TableFootProps) {
  if (older.isError)
    return (
      <div className="p-3">
        <Failure what="Older traces could not be loaded." error={older.error} onRetry={onMore} />
      </div>
    )
  return (
    <div className="flex justify-center p-4 text-muted">
      {hasMore ? (
        <Button onPress={onMore} isPending={older.isPending}>
          Load older traces
        </Button>
      ) : (
        <span>{plural(count, 'trace')}</span>
      )}
    </div>
  )
}
