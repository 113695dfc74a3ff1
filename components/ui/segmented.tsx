'use client'
import { type ReactNode, useId } from 'react'
import { cn } from './cn'

interface SegmentedProps<T extends string> {
  label: string
  options: readonly { value: T; label: string; icon?: ReactNode }[]
  value: T
  onChange: (value: T) => void
}

/** A few exclusive views side by side. With icons, the label is for screen readers and the tooltip. */
export function Segmented<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  const name = useId()
  return (
    <fieldset className="inline-flex max-w-full gap-0.5 self-start overflow-x-auto rounded-md border border-line bg-raised p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          title={option.icon ? option.label : undefined}
          className={cn(
            'relative flex h-6 cursor-pointer items-center justify-center rounded-sm px-2 text-xs font-medium whitespace-nowrap text-muted hover:text-text',
            'has-checked:bg-surface has-checked:text-text has-checked:shadow-xs has-focus-visible:outline-2 has-focus-visible:outline-accent',
          )}
        >
          <input
            // What somebody chose before the script took over was heard by nobody: it is not to look chosen.
            ref={(node) => {
              if (node) node.checked = option.value === value
            }}
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-pointer appearance-none outline-none"
          />
          {option.icon}
          <span className={option.icon ? 'sr-only' : undefined}>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
