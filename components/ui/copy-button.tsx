'use client'
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { announce } from './announce'
import { Button, type ButtonProps } from './button'

interface CopyButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'onPress'> {
  /** What is copied; a function when it is costly to make. */
  text: string | (() => string)
  /** Says what is copied, for those who do not see what it stands beside. */
  label: string
  /** Shown beside the icon; without it the button is an icon alone. */
  children?: string
  onCopied?: () => void
  /** The icon until something was copied. */
  idle?: ReactNode
  /** On small screens the icon stands alone. */
  isCompact?: boolean
}

/** Copies exactly what it stands beside, and says so for two seconds. */
export function CopyButton({
  text,
  label,
  children,
  onCopied,
  idle,
  isCompact,
  size,
  variant = 'quiet',
  ...props
}: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'idle' | 'done' | 'failed'>('idle')
  useEffect(() => {
    if (outcome === 'idle') return
    const timer = setTimeout(() => setOutcome('idle'), 2000)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async () => {
    const done = await copyText(typeof text === 'function' ? text() : text)
    setOutcome(done ? 'done' : 'failed')
    announce(done ? 'Copied' : 'Not copied: select the text and copy it by hand')
    if (done) onCopied?.()
  }
  const word = outcome === 'done' ? 'Copied' : outcome === 'failed' ? 'Select and copy by hand' : children
  return (
    <Button
      {...props}
      variant={variant}
      size={size ?? (children ? 'md' : 'iconSm')}
      aria-label={outcome === 'done' ? 'Copied' : label}
      onPress={copy}
      icon={outcome === 'done' ? <Check className="size-4 text-ok" /> : (idle ?? <Copy className="size-4" />)}
    >
      {children && <span className={isCompact ? 'max-sm:hidden' : undefined}>{word}</span>}
    </Button>
  )
}

/** Puts text on the clipboard; on plain http (where the clipboard is closed) by way of a selection. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'fixed top-0 left-0 opacity-0'
  // Inside an open dialog, whose focus trap would not let go.
  const host = document.activeElement?.closest('[role=dialog],[role=alertdialog]') ?? document.body
  host.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
