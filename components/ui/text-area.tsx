'use client'
import { type ReactNode, useId } from 'react'
import { cn } from './cn'

interface TextAreaProps {
  label: string
  value: string
  onChange: (value: string) => void
  hint?: ReactNode
  /** The sentence of what is wrong; its presence marks the field. */
  error?: string | undefined
  rows?: number
}

/** A labelled field of several lines, in mono. */
export function TextArea({ label, value, onChange, hint, error, rows = 3 }: TextAreaProps) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className="w-full min-w-0 rounded-md border border-edge bg-surface px-2.5 py-2 font-mono text-xs text-text focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent aria-invalid:border-danger"
      />
      {note && (
        <span id={`${id}-note`} className={cn('text-xs', error ? 'text-danger' : 'text-muted')}>
          {note}
        </span>
      )}
    </div>
  )
}
