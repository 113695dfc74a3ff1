'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react'
import { ticksFor } from './axis'
import { ROW_HEIGHT } from './layout'
import { SpanRow } from './span-row'
import type { SpanTree as Tree, TreeSpan } from './tree'
import { WaterfallHeader } from './waterfall-header'

interface SpanTreeProps {
  tree: Tree
  rows: TreeSpan[]
  selected: TreeSpan | null
  collapsed: ReadonlySet<number>
  hits: ReadonlySet<number>
  onSelect: (rowId: number) => void
  onToggle: (rowId: number) => void
  /** Enter: to the details. */
  onOpen: () => void
}

const rowDomId = (rowId: number) => `span-row-${rowId}`

/** The spans as a tree with a waterfall; only the rows in view are in the page. */
export function SpanTree({
  tree,
  rows,
  selected,
  collapsed,
  hits,
  onSelect,
  onToggle,
  onOpen,
}: SpanTreeProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const ticks = useMemo(() => ticksFor(tree.end - tree.start, 5), [tree])
  const positions = useMemo(() => positionsOf(tree), [tree])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    initialRect: { width: 800, height: 640 },
  })
  const selectedIndex = selected ? rows.indexOf(selected) : -1
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: 'auto' })
  }, [selectedIndex, virtual])

  const onKeyDown = (event: KeyboardEvent) => {
    const step = stepOf(event)
    if (step === null) return
    event.preventDefault()
    if (step === 'open') return onOpen()
    const node = rows[selectedIndex]
    if (step === 'in' || step === 'out') {
      if (node) turn(step, node)
      return
    }
    const next = rows[targetOf(step, selectedIndex, rows.length)]
    if (next) onSelect(next.span.id)
  }
  /** Right opens or goes to the first child; left closes or goes to the parent. */
  const turn = (step: 'in' | 'out', node: TreeSpan) => {
    const isOpen = node.children.length > 0 && !collapsed.has(node.span.id)
    if (step === 'in' ? node.children.length > 0 && !isOpen : isOpen) onToggle(node.span.id)
    else {
      const next = step === 'in' ? node.children[0] : node.parent
      if (next) onSelect(next.span.id)
    }
  }

  return (
    <div className="flex min-h-0 min-w-0 grow flex-col">
      <WaterfallHeader ticks={ticks} />
      <div
        ref={scroller}
        role="tree"
        aria-label="Spans"
        // The tree has the focus and points at the row.
        tabIndex={0}
        aria-activedescendant={selected && selectedIndex >= 0 ? rowDomId(selected.span.id) : undefined}
        onKeyDown={onKeyDown}
        className="min-h-0 grow overflow-y-auto outline-offset-[-2px]"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const node = rows[item.index] as TreeSpan
            return (
              <SpanRow
                key={node.span.id}
                id={rowDomId(node.span.id)}
                node={node}
                top={item.start}
                start={tree.start}
                end={tree.end}
                ticks={ticks}
                isSelected={node === selected}
                isCollapsed={collapsed.has(node.span.id)}
                isHit={hits.has(node.span.id)}
                position={positions.get(node) ?? { index: 1, size: 1 }}
                onSelect={onSelect}
                onToggle={onToggle}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

type Step = 'down' | 'up' | 'first' | 'last' | 'pageDown' | 'pageUp' | 'in' | 'out' | 'open'

const KEYS: Record<string, Step> = {
  ArrowDown: 'down',
  j: 'down',
  ArrowUp: 'up',
  k: 'up',
  Home: 'first',
  End: 'last',
  PageDown: 'pageDown',
  PageUp: 'pageUp',
  ArrowRight: 'in',
  l: 'in',
  ArrowLeft: 'out',
  h: 'out',
  Enter: 'open',
}

function stepOf(event: KeyboardEvent): Step | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  return KEYS[event.key] ?? null
}

function targetOf(step: Step, index: number, count: number): number {
  if (step === 'first') return 0
  if (step === 'last') return count - 1
  const by = { down: 1, up: -1, pageDown: 15, pageUp: -15 }[step as 'down' | 'up' | 'pageDown' | 'pageUp']
  return Math.min(count - 1, Math.max(0, index + by))
}

/** Each span's place among its siblings, for screen readers: the virtual list hides it from them. */
function positionsOf(tree: Tree): Map<TreeSpan, { index: number; size: number }> {
  const positions = new Map<TreeSpan, { index: number; size: number }>()
  const number = (siblings: TreeSpan[]) => {
    siblings.forEach((node, i) => {
      positions.set(node, { index: i + 1, size: siblings.length })
    })
  }
  number(tree.roots)
  for (const node of tree.byRowId.values()) number(node.children)
  return positions
}
