// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table element
'use client'
import { type ColumnDef, flexRender, getCoreRowModel, type Row, useReactTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { TriangleAlert } from 'lucide-react'
import { type KeyboardEvent, type RefObject, useEffect, useState } from 'react'
import type { TraceSummary } from '#server/traces/model'
import { formatCount, formatDuration, plural } from '../format'
import { tracePath } from '../ids'
import { cn } from '../ui/cn'
import { Link } from '../ui/link'
import { RelativeTime, useInstant } from '../ui/time'
import { KindDot } from './kind'

const ROW = 44
const GRID =
  'grid items-center gap-3 px-4 sm:px-5 grid-cols-[minmax(0,1fr)_4.5rem_4.5rem] md:grid-cols-[minmax(0,3fr)_minmax(0,4fr)_5.5rem_5rem_3.5rem] xl:grid-cols-[minmax(0,3fr)_minmax(0,3fr)_minmax(0,3fr)_6rem_5.5rem_4rem_5rem]'

interface TracesTableProps {
  projectId: number
  rows: TraceSummary[]
  scroller: RefObject<HTMLDivElement | null>
  /** Asked for when the last rows come into view. */
  onEnd: () => void
}

/** Traces, newest first; only the rows in view are in the page. j and k or the arrows move, Enter opens. */
export function TracesTable({ projectId, rows, scroller, onEnd }: TracesTableProps) {
  const table = useReactTable({
    data: rows,
    columns: COLUMNS,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (row) => String(row.id),
    meta: { projectId },
  })
  const all = table.getRowModel().rows
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => (all[index] as Row<TraceSummary>).id,
    overscan: 8,
    scrollPaddingStart: 36,
    initialRect: { width: 1200, height: 800 },
  })
  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (lastSeen >= all.length - 12) onEnd()
  }, [lastSeen, all.length, onEnd])
  const onKeyDown = useRowKeys(all, (index) => virtual.scrollToIndex(index))

  return (
    <div role="table" aria-label="Traces" aria-rowcount={all.length + 1} onKeyDown={onKeyDown}>
      <div role="rowgroup" className="sticky top-0 z-10 bg-bg">
        {table.getHeaderGroups().map((group) => (
          // biome-ignore lint/a11y/useFocusableInteractive: a row of headings
          <div role="row" key={group.id} className={cn(GRID, 'h-9 border-b border-line text-xs text-muted')}>
            {group.headers.map((header) => (
              // biome-ignore lint/a11y/useFocusableInteractive: not sortable
              <div role="columnheader" key={header.id} className={header.column.columnDef.meta?.className}>
                {flexRender(header.column.columnDef.header, header.getContext())}
              </div>
            ))}
          </div>
        ))}
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = all[item.index] as Row<TraceSummary>
          return <TraceRow key={row.id} row={row} index={item.index} top={item.start} />
        })}
      </div>
    </div>
  )
}

function TraceRow({ row, index, top }: { row: Row<TraceSummary>; index: number; top: number }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: its link takes the focus
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      className={cn(GRID, 'absolute inset-x-0 border-b border-line focus-within:bg-raised hover:bg-raised')}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
    >
      {row.getVisibleCells().map((cell) => (
        <div role="cell" key={cell.id} className={cell.column.columnDef.meta?.className}>
          {flexRender(cell.column.columnDef.cell, cell.getContext())}
        </div>
      ))}
    </div>
  )
}

/** j, k and the arrows move the focus from row to row, past the rows that are not in the page yet. */
function useRowKeys(rows: Row<TraceSummary>[], scrollTo: (index: number) => void) {
  const [wanted, setWanted] = useState<{ index: number } | null>(null)
  useEffect(() => {
    if (!wanted) return
    const frame = requestAnimationFrame(() => {
      document.querySelector<HTMLElement>(`[role=row][data-index="${wanted.index}"] a`)?.focus()
    })
    return () => cancelAnimationFrame(frame)
  }, [wanted])
  return (event: KeyboardEvent) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key]
    if (!step || event.metaKey || event.ctrlKey || event.altKey) return
    event.preventDefault()
    const here = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')
    const next = Math.min(rows.length - 1, Math.max(0, Number(here?.dataset.index ?? -1) + step))
    scrollTo(next)
    setWanted({ index: next })
  }
}

const RIGHT = 'tnum text-right text-muted'

const COLUMNS: ColumnDef<TraceSummary>[] = [
  {
    id: 'name',
    header: 'Trace',
    cell: ({ row: { original }, table }) => (
      <NameCell trace={original} projectId={projectOf(table.options.meta)} />
    ),
    meta: { className: 'min-w-0' },
  },
  {
    id: 'input',
    header: 'Input',
    cell: ({ row: { original } }) => <Preview text={original.root?.inputPreview} />,
    meta: { className: 'min-w-0 max-md:hidden' },
  },
  {
    id: 'output',
    header: 'Output',
    cell: ({ row: { original } }) => <Preview text={original.root?.outputPreview} />,
    meta: { className: 'min-w-0 max-xl:hidden' },
  },
  {
    id: 'started',
    header: 'Started',
    cell: ({ row: { original } }) => (
      <RelativeTime at={original.startTime / 1000} className="whitespace-nowrap" />
    ),
    meta: { className: RIGHT },
  },
  {
    id: 'duration',
    header: 'Duration',
    cell: ({ row: { original } }) => formatDuration(Math.max(0, original.endTime - original.startTime)),
    meta: { className: `${RIGHT} whitespace-nowrap` },
  },
  {
    id: 'spans',
    header: 'Spans',
    cell: ({ row: { original } }) => formatCount(original.spanCount),
    meta: { className: `${RIGHT} max-md:hidden` },
  },
  {
    id: 'tokens',
    header: 'Tokens',
    cell: ({ row: { original } }) => tokensOf(original),
    meta: { className: `${RIGHT} max-xl:hidden` },
  },
]

const projectOf = (meta: unknown) => (meta as { projectId: number }).projectId

function tokensOf(trace: TraceSummary): string {
  const tokens = trace.promptTokens + trace.completionTokens
  return tokens === 0 ? '–' : formatCount(tokens)
}

function NameCell({ trace, projectId }: { trace: TraceSummary; projectId: number }) {
  const name = trace.root?.name || 'unnamed'
  const started = useInstant(trace.startTime / 1000)
  return (
    <Link
      href={tracePath(projectId, trace.traceId)}
      // The link lies over the whole row, so that the exact time is told here.
      title={started ? `${name}\nstarted ${started}` : name}
      // The link covers its row, so that the whole row can be pressed.
      className="flex min-w-0 items-center gap-2 font-medium outline-offset-[-2px] after:absolute after:inset-0"
    >
      <KindDot kind={trace.root?.spanKind ?? 'UNKNOWN'} />
      <span className="truncate">{name}</span>
      {trace.errorCount > 0 && (
        <span
          title={plural(trace.errorCount, 'span with an error', 'spans with errors')}
          className="flex shrink-0 items-center gap-0.5 text-xs text-danger"
        >
          <TriangleAlert aria-hidden className="size-3.5" />
          <span className="tnum">{formatCount(trace.errorCount)}</span>
          <span className="sr-only">{trace.errorCount === 1 ? 'error' : 'errors'}</span>
        </span>
      )}
    </Link>
  )
}

function Preview({ text }: { text: string | null | undefined }) {
  if (!text) return <span className="text-muted">–</span>
  return <span className="block truncate text-muted">{text}</span>
}
