'use client'
import { Menu } from 'lucide-react'
import dynamic from 'next/dynamic'
import { usePathname } from 'next/navigation'
import { useEffect, useState } from 'react'
import { Brand } from '../ui/brand'
import { Button } from '../ui/button'
import { Nav, type NavProps } from './nav'

const Dialog = dynamic(() => import('../ui/dialog').then((m) => m.Dialog))

/** The line that stands in for the rail on small screens. */
export function NavSheet(nav: Omit<NavProps, 'place'>) {
  const [open, setOpen] = useState(false)
  const path = usePathname()
  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the sheet
  useEffect(() => setOpen(false), [path])
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-2 md:hidden">
      <Button
        variant="quiet"
        size="icon"
        aria-label="Open the navigation"
        onPress={() => setOpen(true)}
        icon={<Menu className="size-4" />}
      />
      <Brand />
      {open && (
        <Dialog title="Navigation" bare side="left" isOpen onClose={() => setOpen(false)}>
          <Nav {...nav} place="sheet" />
        </Dialog>
      )}
    </header>
  )
}
