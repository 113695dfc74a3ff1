'use client'
import { CopyButton } from '../ui/copy-button'

/** An address in mono with a button that copies exactly it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="min-w-0 font-mono text-xs wrap-anywhere">{text}</code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </span>
  )
}
