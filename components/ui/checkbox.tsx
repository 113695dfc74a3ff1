'use client'
import { type ReactNode, useId } from 'react'

interface CheckboxProps {
  label: string
  hint?: ReactNode
  isChecked: boolean
  onChange: (checked: boolean) => void
}

/** A tick with its label and what it means. */
export function Checkbox({ label, hint, isChecked, onChange }: CheckboxProps) {
  const id = useId()
  return (
    <div className="flex items-start gap-2">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 cursor-pointer accent-accent"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="cursor-pointer font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
