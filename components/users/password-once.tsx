'use client'
import { useEffect, useState } from 'react'
import { Button } from '../ui/button'
import { CopyButton } from '../ui/copy-button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Notice } from '../ui/notice'

interface PasswordOnceProps {
  title: string
  username: string
  /** What they sign in with, where it is not their name. */
  email: string | null
  password: string
  onDone: () => void
}

/** A password that was made up, this once. Going away without having copied it asks. */
export function PasswordOnce({ title, username, email, password, onDone }: PasswordOnceProps) {
  const [copied, setCopied] = useState(false)
  const [isAsking, setAsking] = useState(false)
  useEffect(() => {
    if (copied) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [copied])
  const done = () => (copied || isAsking ? onDone() : setAsking(true))
  return (
    <Dialog title={title} isOpen onClose={done} isDismissable={false}>
      <div className="flex flex-col gap-3">
        <p>
          Pass it on to <span className="font-medium wrap-anywhere">{username}</span>
          {email && <span className="text-muted"> ({email})</span>}. It cannot be shown again, and has to be
          changed at the first sign-in.
        </p>
        <div className="flex flex-wrap items-center gap-2 rounded-md bg-raised p-2 pl-3">
          <code
            data-testid="new-password"
            className="min-w-0 grow font-mono text-sm leading-6 break-all select-all"
          >
            {password}
          </code>
          <CopyButton
            text={password}
            label="Copy the password"
            variant="secondary"
            onCopied={() => setCopied(true)}
          >
            Copy
          </CopyButton>
        </div>
        {isAsking && !copied && (
          <Notice tone="warn">It was not copied. Without it they cannot sign in until it is set anew.</Notice>
        )}
      </div>
      <DialogActions>
        <Button variant={isAsking && !copied ? 'danger' : 'primary'} onPress={done}>
          {isAsking && !copied ? 'Close without copying' : 'Done'}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
