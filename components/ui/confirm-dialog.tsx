'use client'
import type { ReactNode } from 'react'
import { Button } from './button'
import { Dialog, DialogActions } from './dialog'
import { Failure } from './failure'

/** What a dialog needs to know of the request it makes; a mutation of react-query has it. */
export interface Deed {
  isPending: boolean
  error: unknown
}

export interface ConfirmDialogProps {
  /** The question: `Delete this key?` */
  title: string
  /** The answer, on the button that does it: `Delete key`. */
  action: string
  tone?: 'danger' | 'primary'
  deed: Deed
  /** What is said when it failed, before the reason: `The key was not deleted.` */
  failure: string
  onConfirm: () => void
  onClose: () => void
  /** What will happen, in sentences. */
  children: ReactNode
}

/** Asks before something is done. It stays open until that has succeeded: closing it then is the caller's. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, action, tone = 'danger', deed, failure, onConfirm, onClose, children } = props
  return (
    <Dialog title={title} role="alertdialog" isOpen onClose={onClose}>
      <div className="flex flex-col gap-3">
        {children}
        {deed.error !== null && <Failure what={failure} error={deed.error} />}
      </div>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant={tone} onPress={onConfirm} isPending={deed.isPending}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
