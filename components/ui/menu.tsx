'use client'
import dynamic from 'next/dynamic'
import { type ReactNode, useRef, useState } from 'react'
import { Button, type ButtonProps } from './button'

const load = () => import('./menu-popover')
const MenuPopover = dynamic(() => load().then((m) => m.MenuPopover))

export interface MenuAction {
  id: string
  label: string
  icon?: ReactNode
  tone?: 'danger'
  /** Why it cannot be chosen now; its presence disables it, and it is shown. */
  disabledWhy?: string | undefined
  onSelect: () => void
}

interface MenuButtonProps extends Omit<ButtonProps, 'onPress'> {
  /** Names the button and the menu: `Actions for checkout-prod`. */
  label: string
  actions: readonly MenuAction[]
}

/** A button that opens a list of actions. The list is loaded when somebody comes near the button. */
export function MenuButton({ label, actions, children, ...button }: MenuButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const trigger = useRef<HTMLButtonElement>(null)
  return (
    <>
      <Button
        {...button}
        ref={trigger}
        aria-label={children ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onPress={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        {children}
      </Button>
      {isOpen && (
        <MenuPopover label={label} actions={actions} trigger={trigger} onClose={() => setOpen(false)} />
      )}
    </>
  )
}
