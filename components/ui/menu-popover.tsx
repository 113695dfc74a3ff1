'use client'
import type { RefObject } from 'react'
import { Menu, MenuItem } from 'react-aria-components/Menu'
import { Popover } from 'react-aria-components/Popover'
import { Text } from 'react-aria-components/Text'
import { cn } from './cn'
import type { MenuAction } from './menu'

interface MenuPopoverProps {
  label: string
  actions: readonly MenuAction[]
  trigger: RefObject<HTMLElement | null>
  onClose: () => void
}

/** The open list of a MenuButton: arrows, first letters, Escape; gives the focus back. */
export function MenuPopover({ label, actions, trigger, onClose }: MenuPopoverProps) {
  const act = (id: unknown) => {
    onClose()
    // A dialog gives the focus back to what has it when it opens. That has to be the button, not a line that goes away;
    // and the button can have it only once the menu is gone.
    setTimeout(() => {
      trigger.current?.focus()
      actions.find((action) => action.id === id)?.onSelect()
    })
  }
  return (
    <Popover
      aria-label={label}
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => !open && onClose()}
      placement="bottom end"
      className="enter max-w-72 min-w-44 overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-lg outline-none"
    >
      <Menu
        aria-label={label}
        autoFocus="first"
        className="outline-none"
        onClose={onClose}
        onAction={act}
        disabledKeys={actions.filter((action) => action.disabledWhy).map((action) => action.id)}
      >
        {actions.map((action, index) => (
          <MenuLine
            key={action.id}
            action={action}
            isTold={action.disabledWhy === actions[index + 1]?.disabledWhy}
          />
        ))}
      </Menu>
    </Popover>
  )
}

interface MenuLineProps {
  action: MenuAction
  /** Whether the next line gives the same reason, which then stands once for both. */
  isTold: boolean
}

function MenuLine({ action, isTold }: MenuLineProps) {
  const { id, label, icon, tone, disabledWhy } = action
  return (
    <MenuItem
      id={id}
      textValue={label}
      className={cn(
        'flex cursor-pointer gap-2.5 rounded-sm px-2 py-1.5 text-sm outline-none data-disabled:cursor-default data-focused:bg-raised',
        tone === 'danger' && !disabledWhy && 'text-danger',
      )}
    >
      {icon && <span className={cn('mt-0.5 shrink-0', disabledWhy && 'text-muted')}>{icon}</span>}
      <span className="min-w-0">
        <Text slot="label" className={cn('block', disabledWhy && 'text-muted')}>
          {label}
        </Text>
        {disabledWhy && (
          <Text slot="description" className={cn('block text-xs text-muted', isTold && 'sr-only')}>
            {disabledWhy}
          </Text>
        )}
      </span>
    </MenuItem>
  )
}
