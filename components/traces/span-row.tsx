import { ChevronRight, TriangleAlert } from 'lucide-react'
import { memo } from 'react'
import { formatCount, formatDuration, plural } from '../format'
import { cn } from '../ui/cn'
import { barOf, type Tick } from './axis'
import { KindDot, kindBar } from './kind'
import { indentOf, ROW_GRID, ROW_HEIGHT } from './layout'
import type { TreeSpan } from './tree'

export interface SpanRowProps {
  node: TreeSpan
  id: string
  top: number
  start: number
  end: number
  ticks: Tick[]
  isSelected: boolean
  isCollapsed: boolean
  isHit: boolean
  position: { index: number; size: number }
  onSelect: (rowId: number) => void
  onToggle: (rowId: number) => void
}

const ODDITIES = {
  orphan: 'Its parent has not arrived',
  cycle: 'It is its own ancestor: the ring is opened here',
} as const

/** One span of the tree with its bar. The tree itself holds the focus (see SpanTree). */
export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { node, isSelected, isCollapsed, position } = props
  const { span } = node
  const hasChildren = node.children.length > 0
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names this row by aria-activedescendant
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys
    <div
      id={props.id}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={isSelected}
      aria-setsize={position.size}
      aria-posinset={position.index}
      {...(hasChildren ? { 'aria-expanded': !isCollapsed } : {})}
      onClick={() => props.onSelect(span.id)}
      className={cn(
        ROW_GRID,
        'absolute inset-x-0 cursor-pointer border-b border-line',
        isSelected ? 'bg-accent-soft shadow-[inset_2px_0_0_var(--color-accent)]' : 'hover:bg-raised',
      )}
      style={{ height: ROW_HEIGHT, transform: `translateY(${props.top}px)` }}
    >
      <NameCell {...props} hasChildren={hasChildren} />
      <Bar node={node} start={props.start} end={props.end} ticks={props.ticks} />
      <span className={cn('tnum pr-4 text-right', isSelected ? 'text-text' : 'text-muted')}>
        {formatDuration(span.endTime - span.startTime)}
      </span>
    </div>
  )
})

function NameCell({
  node,
  isCollapsed,
  isHit,
  isSelected,
  hasChildren,
  onToggle,
}: SpanRowProps & { hasChildren: boolean }) {
  const { span } = node
  return (
    <span
      className="flex min-w-0 items-center gap-2 overflow-hidden"
      style={{ paddingLeft: 6 + indentOf(node.depth) }}
    >
      {hasChildren ? (
        // For the mouse: the keys are the tree's.
        <span
          aria-hidden
          data-toggle
          onClick={(event) => {
            event.stopPropagation()
            onToggle(span.id)
          }}
          className="-mr-1 flex size-4 shrink-0 items-center justify-center rounded-sm text-muted hover:bg-line"
        >
          <ChevronRight className={cn('size-3', !isCollapsed && 'rotate-90')} />
        </span>
      ) : (
        <span className="-mr-1 size-4 shrink-0" />
      )}
      <KindDot kind={span.spanKind} />
      <span
        title={node.oddity ? `${span.name} (${ODDITIES[node.oddity]})` : span.name}
        className={cn('min-w-8 truncate', isHit && 'rounded-sm bg-warn-soft')}
      >
        {span.name || 'unnamed'}
      </span>
      {hasChildren && (
        <span
          className={cn('tnum shrink-0 text-xs', isSelected ? 'text-text' : 'text-muted')}
          title={plural(node.descendants, 'span below', 'spans below')}
        >
          {formatCount(node.descendants)}
        </span>
      )}
      <ErrorMark node={node} />
    </span>
  )
}

/** Own errors in full; errors further down as a mark with their number, all the way up to the root. */
function ErrorMark({ node }: { node: TreeSpan }) {
  if (node.span.statusCode === 'ERROR') {
    const text = node.span.statusMessage.split('\n', 1)[0] || 'error'
    return (
      <span
        title={node.span.statusMessage || undefined}
        className="flex h-5 max-w-32 min-w-6 shrink-[6] items-center overflow-hidden rounded-sm bg-danger-soft px-1.5 text-xs font-medium text-danger"
      >
        <TriangleAlert aria-hidden className="mr-1 size-3 shrink-0" />
        <span className="truncate max-sm:sr-only">{text}</span>
      </span>
    )
  }
  if (node.errorsBelow === 0) return null
  return (
    <span
      title={plural(node.errorsBelow, 'error below', 'errors below')}
      className="flex shrink-0 items-center gap-0.5 text-xs text-danger"
    >
      <TriangleAlert aria-hidden className="size-3" />
      <span className="tnum">{formatCount(node.errorsBelow)}</span>
      <span className="sr-only">{node.errorsBelow === 1 ? 'error below' : 'errors below'}</span>
    </span>
  )
}

function Bar({ node, start, end, ticks }: Pick<SpanRowProps, 'node' | 'start' | 'end' | 'ticks'>) {
  const { span } = node
  const bar = barOf(span, start, end)
  const isError = span.statusCode === 'ERROR'
  return (
    <span aria-hidden className="relative h-full min-w-0">
      {ticks.map((tick) => (
        <span
          key={tick.micros}
          className="absolute inset-y-0 w-px bg-line"
          style={{ left: `${tick.at * 100}%` }}
        />
      ))}
      <span
        className={cn(
          'absolute top-1/2 h-2.5 -translate-y-1/2 rounded-[3px]',
          isError ? 'bg-danger' : kindBar(span.spanKind),
          node.parent === null && !isError && 'opacity-55',
        )}
        style={{ left: `min(${bar.left * 100}%, 100% - 3px)`, width: `max(3px, ${bar.width * 100}%)` }}
      />
    </span>
  )
}
