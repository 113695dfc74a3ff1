'use client'
import { ArrowLeft, ChevronsDownUp, ChevronsUpDown, TriangleAlert } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { TraceDetail } from '#server/traces/model'
import { formatCount, formatDuration } from '../format'
import { globalId, rowIdOf } from '../ids'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { cn } from '../ui/cn'
import { Failure } from '../ui/failure'
import { RelativeTime } from '../ui/time'
import { useTrace } from './hooks'
import { SpanPanel } from './span-panel'
import { SpanTree } from './span-tree'
import { ancestorsOf, buildTree, type SpanTree as Tree, visibleRows } from './tree'
import { TreeSearch } from './tree-search'

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

function TraceHead({ trace }: { trace: TraceDetail }) {
  const tokens = trace.promptTokens + trace.completionTokens
  return (
    <div className="tnum flex min-h-11 shrink-0 flex-wrap items-center gap-x-5 gap-y-1 border-b border-line px-4 py-1.5">
      <Fact value={formatDuration(Math.max(0, trace.endTime - trace.startTime))} word="duration" />
      <Fact value={formatCount(trace.spanCount)} word={trace.spanCount === 1 ? 'span' : 'spans'} />
      {tokens > 0 && <Fact value={formatCount(tokens)} word="tokens" />}
      {trace.errorCount > 0 && (
        <Badge tone="danger" icon={<TriangleAlert aria-hidden className="size-3" />}>
          {formatCount(trace.errorCount)} {trace.errorCount === 1 ? 'error' : 'errors'}
        </Badge>
      )}
      <RelativeTime at={trace.startTime / 1000} className="ml-auto text-muted" />
    </div>
  )
}

function Fact({ value, word }: { value: string; word: string }) {
  return (
    <span className="whitespace-nowrap text-muted">
      <span className="font-semibold text-text">{value}</span> {word}
    </span>
  )
}

/** Which spans are folded. What is new in a growing trace is open. */
function useCollapsed(tree: Tree) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(new Set())
  const toggle = useCallback((rowId: number) => {
    setCollapsed((before) => {
      const after = new Set(before)
      if (!after.delete(rowId)) after.add(rowId)
      return after
    })
  }, [])
  /** Opens whatever hides the span. */
  const reveal = useCallback(
    (rowId: number) => {
      const node = tree.byRowId.get(rowId)
      const hiding = node ? ancestorsOf(node).map((above) => above.span.id) : []
      setCollapsed((before) => {
        if (!hiding.some((id) => before.has(id))) return before
        const after = new Set(before)
        for (const id of hiding) after.delete(id)
        return after
      })
    },
    [tree],
  )
  return { collapsed, toggle, setCollapsed, reveal }
}

function parentsOf(tree: Tree): Set<number> {
  const parents = new Set<number>()
  for (const node of tree.byRowId.values()) if (node.children.length > 0) parents.add(node.span.id)
  return parents
}
