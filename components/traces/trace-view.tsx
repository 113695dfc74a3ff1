'use client'
import { ArrowLeft, ChevronsDownUp, ChevronsUpDown } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { TraceDetail } from '#server/traces/model'
import { globalId, rowIdOf } from '../ids'
import { Button } from '../ui/button'
import { cn } from '../ui/cn'
import { Failure } from '../ui/failure'
import { lacksSpans } from './first-paint'
import { useTrace } from './hooks'
import { SpanPanel } from './span-panel'
import { SpanTree } from './span-tree'
import { TraceHead } from './trace-head'
import { buildTree, visibleRows } from './tree'
import { TreeSearch } from './tree-search'
import { TreeSkeleton } from './tree-skeleton'
import { parentsOf, useCollapsed } from './use-collapsed'

/** A trace: the tree with its waterfall on the left, the selected span on the right. */
export function TraceView({ trace: initial }: { trace: TraceDetail }) {
  const query = useTrace(initial.traceId, initial)
  const trace = query.data ?? initial
  const tree = useMemo(() => buildTree(trace.spans), [trace.spans])
  const { collapsed, toggle, setCollapsed, reveal } = useCollapsed(tree)
  const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed])
  const [chosen, setChosen] = useQueryState('selectedSpanNodeId', parseAsString)
  const [hits, setHits] = useState<ReadonlySet<number>>(new Set())
  const panel = useRef<HTMLDivElement>(null)

  const chosenRow = rowIdOf('Span', chosen)
  const chosenNode = chosenRow === null ? undefined : tree.byRowId.get(chosenRow)
  useFollowFocus(chosenNode !== undefined, panel)
  // Nothing chosen: the first root, which on small screens stays behind the tree.
  const selected = chosenNode ?? tree.roots[0] ?? null
  const select = useCallback(
    (rowId: number) => {
      reveal(rowId)
      void setChosen(globalId('Span', rowId))
    },
    [reveal, setChosen],
  )
  return (
    <div className="flex min-h-0 grow">
      <div
        className={cn(
          'flex min-w-0 grow flex-col lg:flex lg:w-[58%] lg:border-r lg:border-line',
          chosenNode && 'max-lg:hidden',
        )}
      >
        <TraceHead trace={trace} />
        {query.isError && (
          <div className="p-2">
            <Failure
              what="The trace could not be refreshed."
              error={query.error}
              onRetry={() => query.refetch()}
            />
          </div>
        )}
        <div className="flex items-center gap-1 border-b border-line px-2 py-1">
          <TreeSearch tree={tree} onHits={setHits} onGo={select} />
          <Button
            variant="quiet"
            size="iconSm"
            aria-label="Expand all"
            onPress={() => setCollapsed(new Set())}
            icon={<ChevronsUpDown className="size-4" />}
          />
          <Button
            variant="quiet"
            size="iconSm"
            aria-label="Collapse all"
            onPress={() => setCollapsed(parentsOf(tree))}
            icon={<ChevronsDownUp className="size-4" />}
          />
        </div>
        {lacksSpans(trace) ? (
          !query.isError && <TreeSkeleton />
        ) : (
          <SpanTree
            tree={tree}
            rows={rows}
            selected={selected}
            collapsed={collapsed}
            hits={hits}
            onSelect={select}
            onToggle={toggle}
            onOpen={() => panel.current?.focus()}
          />
        )}
      </div>
      <section
        ref={panel}
        aria-label="Selected span"
        tabIndex={-1}
        className={cn(
          'flex min-w-0 flex-col outline-none max-lg:grow lg:w-[42%]',
          !chosenNode && 'max-lg:hidden',
        )}
      >
        <div className="border-b border-line px-2 py-1 lg:hidden">
          <Button
            variant="quiet"
            size="sm"
            onPress={() => setChosen(null)}
            icon={<ArrowLeft className="size-4" />}
          >
            All spans
          </Button>
        </div>
        {selected && <SpanPanel span={selected.span} />}
      </section>
    </div>
  )
}

/** On small screens the tree and the span hide each other: the focus goes along, or it would be nowhere. */
function useFollowFocus(isChosen: boolean, panel: RefObject<HTMLElement | null>) {
  const before = useRef(isChosen)
  useEffect(() => {
    if (before.current === isChosen) return
    before.current = isChosen
    if (document.activeElement !== document.body && document.activeElement?.checkVisibility()) return
    const tree = panel.current?.parentElement?.querySelector<HTMLElement>('[role=tree]')
    ;(isChosen ? panel.current : tree)?.focus()
  }, [isChosen, panel])
}
