'use client'
import { useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { Dialog } from '../ui/dialog'

/** A trace over the list it was opened from; Escape goes back to the list, which has not moved. */
export function TraceDrawer({ children }: { children: ReactNode }) {
  const router = useRouter()
  return (
    <Dialog title="Trace" bare side="right" isOpen onClose={() => router.back()}>
      <div className="flex h-full min-h-0 flex-col">{children}</div>
    </Dialog>
  )
}
