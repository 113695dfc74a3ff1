'use client'
import { type KeyboardEvent, useRef, useState } from 'react'

/** What a button needs to open a menu that is loaded when somebody comes near it. */
export function useMenu(load: () => Promise<unknown>) {
  const [isOpen, setOpen] = useState(false)
  const trigger = useRef<HTMLButtonElement>(null)
  const near = () => void load()
  const button = {
    ref: trigger,
    'aria-haspopup': 'menu' as const,
    'aria-expanded': isOpen,
    onPointerEnter: near,
    onFocus: near,
    onPress: () => setOpen(true),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
      event.preventDefault()
      setOpen(true)
    },
  }
  return { isOpen, close: () => setOpen(false), trigger, button }
}
