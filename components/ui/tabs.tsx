'use client'
import type { ReactNode } from 'react'
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components/Tabs'

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

/** Tabs; only the selected panel is rendered. */
export function Tabs({ label, items, selected, onSelect }: TabsProps) {
  return (
    <AriaTabs
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(String(key))}
      className="flex min-h-0 min-w-0 grow flex-col"
    >
      <TabList
        aria-label={label}
        className="flex shrink-0 gap-5 overflow-x-auto border-b border-line px-4 sm:px-5"
      >
        {items.map((item) => (
          <Tab
            key={item.id}
            id={item.id}
            className="-mb-px flex h-9 cursor-pointer items-center gap-1.5 border-b-2 border-transparent text-sm whitespace-nowrap text-muted outline-offset-[-2px] data-hovered:text-text data-selected:border-accent data-selected:font-medium data-selected:text-text"
          >
            {item.label}
          </Tab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel
          key={item.id}
          id={item.id}
          className="min-h-0 min-w-0 grow overflow-y-auto outline-offset-[-2px]"
        >
          {item.content}
        </TabPanel>
      ))}
    </AriaTabs>
  )
}
