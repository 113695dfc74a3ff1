'use client'
import { flexRender, type RowData, type Table } from '@tanstack/react-table'
import { type ReactNode, useEffect, useRef } from 'react'
import { cn } from './cn'
import { useKeepFocus } from './keep-focus'

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    /** Further classes of the column's cells: alignment, and from which width on it is shown. */
    className?: string
  }
}

interface DataTableProps<T> {
  table: Table<T>
  label: string
}

/** A small table, all rows in the page; below its width it scrolls sideways inside its frame. */
export function DataTable<T>({ table, label }: DataTableProps<T>) {
  const frame = useKeptFocus()
  return (
    <section
      ref={frame}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      className="relative overflow-x-auto rounded-lg border border-line bg-surface"
    >
      <table className="w-full border-collapse text-left">
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-line">
              {group.headers.map((header) => (
                <HeaderCell key={header.id} className={header.column.columnDef.meta?.className}>
                  {flexRender(header.column.columnDef.header, header.getContext())}
                </HeaderCell>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="border-b border-line last:border-b-0">
              {row.getVisibleCells().map((cell) => (
                <td
                  key={cell.id}
                  className={cn('h-11 px-3 py-1 first:pl-4 last:pr-4', cell.column.columnDef.meta?.className)}
                >
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Gives the frame the focus when the row that had it is gone, or the page when it was the last: deleted, here or by somebody else. */
function useKeptFocus() {
  const frame = useRef<HTMLElement>(null)
  useKeepFocus()
  // Asked before the rows change: afterwards the focus is gone with its row.
  const hadFocus = frame.current?.contains(document.activeElement) ?? false
  useEffect(() => {
    if (hadFocus && document.activeElement === document.body) frame.current?.focus({ preventScroll: true })
  })
  return frame
}

function HeaderCell({ className, children }: { className?: string | undefined; children: ReactNode }) {
  return (
    <th
      scope="col"
      className={cn(
        'h-9 px-3 text-xs font-medium whitespace-nowrap text-muted first:pl-4 last:pr-4',
        className,
      )}
    >
      {children}
    </th>
  )
}
