'use client'
import type { ReactNode } from 'react'

interface FormProps {
  /** Called instead of sending anything; checks are the caller's, not the browser's. */
  onSubmit: () => void
  /** Names the form for readers, where a page has several. */
  label?: string
  autoComplete?: 'off'
  className?: string
  children: ReactNode
}

/** A form whose sending is ours: Enter in a field and its submit button do the same. */
export function Form({
  onSubmit,
  label,
  autoComplete,
  className = 'flex flex-col gap-4',
  children,
}: FormProps) {
  return (
    <form
      // Sent before the script has taken over, it must neither become an address with a password in it nor come back
      // empty: outside of a dialog element, browsers do nothing for this method.
      method="dialog"
      noValidate
      aria-label={label}
      autoComplete={autoComplete}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
        focusFault(event.currentTarget)
      }}
      className={className}
    >
      {children}
    </form>
  )
}

/** Leads to the first field that is wrong, once the form shows it, as readers do not look for red. */
function focusFault(form: HTMLFormElement) {
  requestAnimationFrame(() => {
    if (document.activeElement?.matches('[aria-invalid=true]')) return
    form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  })
}
