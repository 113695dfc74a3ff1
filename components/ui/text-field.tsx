'use client'
import { type ReactNode, type RefCallback, useId } from 'react'
import { cn } from './cn'
import { useTakenOver } from './taken-over'

const FIELD =
  'w-full min-w-0 rounded-md border border-edge bg-surface px-2.5 text-base text-text placeholder:text-muted focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent aria-invalid:border-danger disabled:opacity-60'

export interface TextFieldProps {
  label: string
  /** The label is read out but not shown: what stands beside the field says it. */
  isBare?: boolean
  value: string
  onChange: (value: string) => void
  onBlur?: () => void
  name?: string
  type?: 'text' | 'email' | 'password' | 'date'
  hint?: ReactNode
  /** The sentence of what is wrong; its presence marks the field. */
  error?: string | undefined
  placeholder?: string
  autoComplete?: string
  autoFocus?: boolean
  disabled?: boolean | undefined
  ref?: RefCallback<HTMLInputElement>
  className?: string
}

/** A labelled text field with a hint and the sentence of what is wrong with it. */
export function TextField({
  label,
  isBare,
  hint,
  error,
  value,
  onChange,
  className,
  ref,
  type = 'text',
  ...input
}: TextFieldProps) {
  const id = useId()
  const taken = useTakenOver(value, onChange, ref)
  const note = error ?? hint
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className={isBare ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      <input
        {...input}
        ref={taken}
        id={id}
        type={type}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cn(FIELD, 'h-9 scroll-mt-10 scroll-mb-16')}
      />
      {note && (
        <span id={`${id}-note`} className={cn('text-xs', error ? 'text-danger' : 'text-muted')}>
          {note}
        </span>
      )}
    </div>
  )
}
