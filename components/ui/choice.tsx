'use client'
import { useId } from 'react'
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
  const id = useId()
  return (
    <fieldset aria-describedby={error ? `${id}-note` : undefined} className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      <div className={cn('flex gap-2', layout === 'cards' ? 'flex-col' : 'flex-wrap')}>
        {options.map((option) => (
          <Option
            key={option.value}
            id={id}
            option={option}
            layout={layout}
            isChosen={option.value === value}
            onChoose={() => onChange(option.value)}
          />
        ))}
      </div>
      {error && (
        <span id={`${id}-note`} role="alert" className="text-xs text-danger">
          {error}
        </span>
      )}
    </fieldset>
  )
}

interface OptionProps {
  id: string
  option: ChoiceOption<string>
  layout: 'cards' | 'chips'
  isChosen: boolean
  onChoose: () => void
}

function Option({ id, option, layout, isChosen, onChoose }: OptionProps) {
  return (
    <label
      className={cn(
        'relative flex cursor-pointer gap-2 rounded-md border border-line bg-surface hover:bg-raised has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
        layout === 'cards' ? 'items-start px-3 py-2' : 'h-8 items-center px-2',
      )}
    >
      <input
        type="radio"
        name={id}
        checked={isChosen}
        onChange={onChoose}
        className={cn(
          'size-3.5 shrink-0 cursor-pointer appearance-none rounded-full border border-edge bg-surface outline-none checked:border-4 checked:border-accent',
          layout === 'cards' && 'mt-[3px]',
        )}
      />
      <span className="min-w-0">
        <span className="font-medium">{option.label}</span>
        {option.hint && <span className="block text-xs text-muted">{option.hint}</span>}
      </span>
    </label>
  )
}
