import type { ReactNode } from 'react'

interface Slots {
  children: ReactNode
  /** A trace that was opened from the list lies over it; opened by its address it is a page of its own. */
  drawer: ReactNode
}

export default function ProjectLayout({ children, drawer }: Slots) {
  return (
    <>
      {children}
      {drawer}
    </>
  )
}
