'use client'
import { useState } from 'react'
import { Button } from './button'
import type { ConfirmDialogProps } from './confirm-dialog'
import { Dialog, DialogActions } from './dialog'
import { Failure } from './failure'
import { Form } from './form'
import { TextField } from './text-field'

interface DeleteByNameDialogProps extends Omit<ConfirmDialogProps, 'tone'> {
  /** What has to be typed. */
  name: string
}

/** Asks for the name of a thing before it is gone for good. */
export function DeleteByNameDialog(props: DeleteByNameDialogProps) {
  const { title, name, action, deed, failure, onConfirm, onClose, children } = props
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const submit = () => {
    const isRight = typed.trim() === name.trim()
    setWrong(!isRight)
    if (isRight) onConfirm()
  }
  return (
    <Dialog title={title} role="alertdialog" isOpen onClose={onClose} isDismissable={typed === ''}>
      <Form onSubmit={submit}>
        {children}
        <TextField
          label={`To confirm, type ${name}`}
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          autoFocus
          error={isWrong ? 'This is not its name' : undefined}
        />
        {deed.error !== null && <Failure what={failure} error={deed.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isPending={deed.isPending}>
            {action}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}
