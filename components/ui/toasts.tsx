'use client'
import { useEffect } from 'react'
import { Toaster } from 'sonner'
import { toastsAreShown } from './notify'

/** The corner of the page in which toasts stand. */
export function Toasts() {
  useEffect(toastsAreShown, [])
  return (
    <Toaster
      position="bottom-right"
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-full items-center gap-2 rounded-md border border-line bg-surface px-3 py-2 font-sans text-sm text-text shadow-lg',
          title: 'wrap-anywhere',
          error: '[&_svg]:text-danger',
          success: '[&_svg]:text-ok',
        },
      }}
    />
  )
}
