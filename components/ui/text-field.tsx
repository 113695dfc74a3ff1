'use client'
import type { ReactNode } from 'react'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextArea } from 'react-aria-components/TextArea'
import { type TextFieldProps as AriaProps, TextField as AriaTextField } from 'react-aria-components/TextField'
import { cn } from './cn'

const FIELD =
  'w-full min-w-0 rounded-md border border-edge bg-surface px-2.5 text-base text-text placeholder:text-muted data-focused:border-accent data-focused:outline-2 data-focused:outline-offset-0 data-focused:outline-accent data-invalid:border-danger data-disabled:opacity-60'

interface TextFieldProps extends Omit<AriaProps, 'className' | 'style' | 'children'> {
  label: string
  hint?: ReactNode
  error?: string | undefined
  placeholder?: string
  multiline?: boolean
  min?: string | undefined
  className?: string
}

/** A labelled text field with a hint and the sentence of what is wrong with it. */
export function TextField({
  label,
  hint,
  error,
  placeholder,
  multiline,
  min,
  className,
  ...props
}: TextFieldProps) {
  return (
    <AriaTextField
      {...props}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      className={cn('flex min-w-0 flex-col gap-1', className)}
    >
      <Label className="text-sm font-medium">{label}</Label>
      {multiline ? (
        <TextArea rows={2} placeholder={placeholder ?? ''} className={cn(FIELD, 'py-1.5')} />
      ) : (
        <Input placeholder={placeholder ?? ''} min={min} className={cn(FIELD, 'h-9')} />
      )}
      {hint && !error && (
        <Text slot="description" className="text-xs text-muted">
          {hint}
        </Text>
      )}
      <FieldError className="text-xs text-danger">{error}</FieldError>
    </AriaTextField>
  )
}
