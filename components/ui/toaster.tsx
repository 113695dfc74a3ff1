'use client'
import { Toaster as Sonner } from 'sonner'

/** Where short confirmations appear. */
export function Toaster() {
  return (
    <Sonner
      position="bottom-right"
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-full items-center gap-2 rounded-md border border-line bg-surface px-3 py-2 text-sm text-text shadow-lg',
          title: 'wrap-anywhere',
          error: '[&_svg]:text-danger',
          success: '[&_svg]:text-ok',
        },
      }}
    />
  )
}
