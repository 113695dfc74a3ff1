'use client'
import type { ReactNode } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'

interface SegmentedProps<T extends string> {
  label: string
  options: readonly { value: T; label: string; icon?: ReactNode }[]
  value: T
  onChange: (value: T) => void
}

/** A few exclusive views side by side. With icons, the label is for screen readers and the tooltip. */
export function Segmented<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => onChange([...keys][0] as T)}
      className="inline-flex max-w-full gap-0.5 self-start overflow-x-auto rounded-md border border-line bg-raised p-0.5"
    >
      {options.map((option) => (
        <ToggleButton
          key={option.value}
          id={option.value}
          {...(option.icon ? { 'aria-label': option.label } : {})}
          className="flex h-6 cursor-pointer items-center justify-center rounded-sm px-2 text-xs font-medium whitespace-nowrap text-muted outline-offset-0 data-hovered:text-text data-selected:bg-surface data-selected:text-text data-selected:shadow-xs"
        >
          {option.icon ?? option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
