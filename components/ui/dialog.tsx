'use client'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { Button } from './button'
import { cn } from './cn'
import { useKeepFocus } from './keep-focus'

interface DialogProps {
  title: string
  isOpen: boolean
  /** Asked for by Escape, the cross or a press outside. */
  onClose: () => void
  children: ReactNode
  /** In the middle, a sheet from the left (navigation), or a drawer from the right. */
  side?: 'center' | 'left' | 'right'
  /** Whether a press outside closes it: not while something would be lost. */
  isDismissable?: boolean
  role?: 'dialog' | 'alertdialog'
  /** Hides the title line; the title still names the dialog. */
  bare?: boolean
}

const SIDES = {
  center:
    'enter m-auto max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-lg rounded-lg border border-line shadow-lg',
  left: 'enter-left mr-auto h-dvh w-72 max-w-[85vw] border-r border-line',
  right: 'enter-right ml-auto h-dvh w-full border-l border-line lg:w-[min(1280px,92vw)]',
} as const

/** A modal dialog: holds the focus, closes on Escape, gives the focus back. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  side = 'center',
  isDismissable = true,
  role,
  bare,
}: DialogProps) {
  useKeepFocus()
  return (
    <ModalOverlay
      isOpen={isOpen}
      isDismissable={isDismissable}
      onOpenChange={(open) => !open && onClose()}
      className="fixed inset-0 z-40 flex overflow-y-auto bg-scrim"
    >
      <Modal className={cn('flex flex-col bg-surface', SIDES[side])}>
        <AriaDialog
          role={role ?? 'dialog'}
          className="flex min-h-0 grow flex-col outline-none"
          aria-label={bare ? title : undefined}
        >
          {!bare && (
            <div className="flex items-start gap-2 px-5 pt-4">
              <Heading slot="title" className="grow text-lg font-semibold wrap-break-word">
                {title}
              </Heading>
              <Button
                variant="quiet"
                size="iconSm"
                aria-label="Close"
                onPress={onClose}
                icon={<X className="size-4" />}
              />
            </div>
          )}
          <div
            className={cn(
              'min-h-0 grow overflow-y-auto',
              // With a row of buttons the room below is theirs: what is sticky does not enter the padding.
              !bare && 'scroll-pb-20 px-5 pt-3 [&:not(:has([data-actions]))]:pb-5',
            )}
          >
            {children}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** The row of buttons at the end of a dialog; what is longer than the screen passes below it. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div
      data-actions
      className="sticky bottom-0 z-10 -mx-5 mt-1 flex flex-wrap justify-end gap-2 rounded-b-lg bg-surface px-5 pt-4 pb-5 [form>&]:-mt-3"
    >
      {children}
    </div>
  )
}
