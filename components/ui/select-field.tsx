'use client'
import { ChevronDown } from 'lucide-react'
import { useId } from 'react'
import { cn } from './cn'

interface SelectFieldProps<T extends string> {
  label: string
  options: readonly { value: T; label: string }[]
  value: T
  onChange: (value: T) => void
  /** The label is read out but not shown: in a table its column says it. */
  isBare?: boolean
  isDisabled?: boolean
  /** Why it cannot be changed, shown on hover and read out. */
  note?: string | undefined
  className?: string
}

/** One of several, folded away: the native list, which every telephone and reader knows. */
export function SelectField<T extends string>(props: SelectFieldProps<T>) {
  const { label, options, value, onChange, isBare, isDisabled, note, className } = props
  const id = useId()
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      {!isBare && (
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
      )}
      <span className="relative inline-flex" title={note}>
        <select
          // What somebody chose before the script took over was heard by nobody: it is not to look chosen.
          ref={(node) => {
            if (node) node.value = value
          }}
          id={id}
          aria-label={isBare ? label : undefined}
          value={value}
          disabled={isDisabled}
          aria-describedby={note ? `${id}-note` : undefined}
          onChange={(event) => onChange(event.target.value as T)}
          className={cn(
            'w-full cursor-pointer appearance-none rounded-md border bg-surface pr-7 pl-2.5 text-sm text-text disabled:cursor-not-allowed disabled:border-line disabled:bg-raised disabled:text-muted',
            isBare ? 'h-8 border-line hover:bg-raised' : 'h-9 border-edge',
          )}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown
          aria-hidden
          className="pointer-events-none absolute top-1/2 right-2 size-3.5 -translate-y-1/2 text-muted"
        />
      </span>
      {note && (
        <span id={`${id}-note`} className={isBare ? 'sr-only' : 'text-xs text-muted'}>
          {note}
        </span>
      )}
    </div>
  )
}
