'use client'
import { type KeyboardEvent, type ReactNode, useId } from 'react'

export interface TabItem {
  id: string
  label: ReactNode
  content: ReactNode
}

interface TabsProps {
  label: string
  items: TabItem[]
  selected: string
  onSelect: (id: string) => void
}

/** Tabs after the WAI-ARIA pattern: arrows, Home and End select; only the selected panel is rendered. */
export function Tabs({ label, items, selected, onSelect }: TabsProps) {
  const id = useId()
  const tabId = (item: string) => `${id}-tab-${item}`
  const onKeyDown = (event: KeyboardEvent) => {
    const next =
      items[
        placeAfter(
          event.key,
          items.findIndex((item) => item.id === selected),
          items.length,
        )
      ]
    if (!next) return
    event.preventDefault()
    onSelect(next.id)
    document.getElementById(tabId(next.id))?.focus()
  }
  return (
    <div className="flex min-h-0 min-w-0 grow flex-col">
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={onKeyDown}
        className="flex shrink-0 gap-5 overflow-x-auto border-b border-line px-4 sm:px-5"
      >
        {items.map((item) => (
          <button
            key={item.id}
            id={tabId(item.id)}
            type="button"
            role="tab"
            aria-selected={item.id === selected}
            aria-controls={item.id === selected ? `${id}-panel` : undefined}
            tabIndex={item.id === selected ? 0 : -1}
            onClick={() => onSelect(item.id)}
            className="-mb-px flex h-9 cursor-pointer items-center gap-1.5 border-b-2 border-transparent text-sm whitespace-nowrap text-muted outline-offset-[-2px] hover:text-text aria-selected:border-accent aria-selected:font-medium aria-selected:text-text"
          >
            {item.label}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={tabId(selected)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel that scrolls must be reachable by keyboard
        tabIndex={0}
        className="min-h-0 min-w-0 grow overflow-y-auto outline-offset-[-2px]"
      >
        {items.find((item) => item.id === selected)?.content}
      </div>
    </div>
  )
}

function placeAfter(key: string, at: number, count: number): number {
  if (key === 'ArrowRight') return (at + 1) % count
  if (key === 'ArrowLeft') return (at - 1 + count) % count
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return -1
}
