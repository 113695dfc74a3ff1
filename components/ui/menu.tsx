'use client'
import dynamic from 'next/dynamic'
import type { ReactNode } from 'react'
import { Button, type ButtonProps } from './button'
import { useMenu } from './use-menu'

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

interface MenuButtonProps extends Omit<ButtonProps, 'onPress' | 'children'> {
  /** Names the button and the menu: `Actions for checkout-prod`. */
  label: string
  actions: readonly MenuAction[]
}

/** A button, an icon alone, that opens a list of actions. */
export function MenuButton({ label, actions, ...look }: MenuButtonProps) {
  const { isOpen, close, trigger, button } = useMenu(load)
  return (
    <>
      <Button {...look} {...button} aria-label={label} />
      {isOpen && <MenuPopover label={label} actions={actions} trigger={trigger} onClose={close} />}
    </>
  )
}
