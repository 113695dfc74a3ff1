'use client'
import { FieldError } from 'react-aria-components/FieldError'
import { Label } from 'react-aria-components/Label'
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup'
import { cn } from './cn'

export interface ChoiceOption<T extends string> {
  value: T
  label: string
  hint?: string
}

interface ChoiceProps<T extends string> {
  label: string
  options: readonly ChoiceOption<T>[]
  value: T
  onChange: (value: T) => void
  /** Cards with hints below each other, or short words beside each other. */
  layout?: 'cards' | 'chips'
  error?: string | undefined
}

/** One of a few, all of them visible. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChange,
  layout = 'chips',
  error,
}: ChoiceProps<T>) {
  return (
    <RadioGroup
      value={value}
      onChange={(next) => onChange(next as T)}
      isInvalid={error !== undefined}
      className="flex flex-col gap-1"
    >
      <Label className="text-sm font-medium">{label}</Label>
      <div className={cn('flex gap-2', layout === 'cards' ? 'flex-col' : 'flex-wrap')}>
        {options.map((option) => (
          <Radio
            key={option.value}
            value={option.value}
            className={cn(
              'group flex cursor-pointer gap-2 rounded-md border border-line bg-surface data-focus-visible:outline-2 data-hovered:bg-raised data-selected:border-accent data-selected:bg-accent-soft',
              layout === 'cards' ? 'items-start px-3 py-2' : 'h-8 items-center px-2.5',
            )}
          >
            <span
              aria-hidden
              className={cn(
                'size-3.5 shrink-0 rounded-full border border-edge bg-surface group-data-selected:border-4 group-data-selected:border-accent',
                layout === 'cards' && 'mt-[3px]',
              )}
            />
            <span className="min-w-0">
              <span className="font-medium">{option.label}</span>
              {option.hint && <span className="block text-xs text-muted">{option.hint}</span>}
            </span>
          </Radio>
        ))}
      </div>
      <FieldError className="text-xs text-danger">{error}</FieldError>
    </RadioGroup>
  )
}
