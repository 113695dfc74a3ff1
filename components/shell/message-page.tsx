import type { ReactNode } from 'react'

/** A page that has only something to say: not found, failed. */
export function MessagePage({
  title,
  children,
  actions,
}: {
  title: string
  children: ReactNode
  actions?: ReactNode
}) {
  return (
    <main id="content" className="flex h-full min-h-0 grow items-center justify-center overflow-y-auto p-6">
      <div className="flex w-full max-w-md flex-col gap-2">
        <h1 className="text-xl font-semibold">{title}</h1>
        <div className="flex flex-col gap-2 text-muted">{children}</div>
        {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </main>
  )
}
