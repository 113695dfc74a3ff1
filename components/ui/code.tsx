'use client'
import { useState } from 'react'
import { Button } from './button'
import { cn } from './cn'
import { CopyButton } from './copy-button'

interface CodeBlockProps {
  text: string
  /** Names what the copy button copies. */
  label: string
  /** Longer texts are cut here until somebody wants the rest. */
  maxLines?: number
  wrap?: boolean
  className?: string
}

/** Text in mono on a tint, with copy. */
export function CodeBlock({ text, label, maxLines = 40, wrap = true, className }: CodeBlockProps) {
  return (
    <div className={cn('group relative min-w-0 rounded-md bg-raised', className)}>
      <div className="absolute top-1 right-1">
        <CopyButton text={text} label={`Copy ${label}`} className="bg-raised" />
      </div>
      <Clamped text={text} maxLines={maxLines} className="p-3">
        {(shown) => (
          // A box that scrolls sideways must be reachable by keyboard.
          <pre
            tabIndex={wrap ? undefined : 0}
            className={cn(
              'overflow-x-auto pr-8 font-mono text-xs leading-5',
              wrap && 'wrap-anywhere whitespace-pre-wrap',
            )}
          >
            {shown}
          </pre>
        )}
      </Clamped>
    </div>
  )
}

/** Prose of any length: the beginning, and the rest on demand. */
export function LongText({ text, className }: { text: string; className?: string }) {
  return (
    <Clamped text={text} maxLines={6} className={className}>
      {(shown) => <p className="text-sm wrap-anywhere whitespace-pre-wrap">{shown}</p>}
    </Clamped>
  )
}

interface ClampedProps {
  text: string
  maxLines: number
  className?: string | undefined
  children: (shown: string) => React.ReactNode
}

function Clamped({ text, maxLines, className, children }: ClampedProps) {
  const [open, setOpen] = useState(false)
  const cut = clampText(text, maxLines)
  const isLong = cut.length < text.length
  return (
    <div className={className}>
      {children(open || !isLong ? text : `${cut}…`)}
      {isLong && (
        <Button variant="link" size="sm" className="mt-1 -ml-2" onPress={() => setOpen(!open)}>
          {open ? 'Show less' : `Show all ${sizeOf(text)}`}
        </Button>
      )}
    </div>
  )
}

/** The first lines of a text, and never more than about 90 characters for each of them. */
export function clampText(text: string, maxLines: number): string {
  let end = 0
  for (let line = 0; line < maxLines && end !== -1; line++) end = text.indexOf('\n', end + 1)
  const byLines = end === -1 ? text.length : end
  const limit = maxLines * 90
  // A little over the limit is shown whole: a button that reveals three words is a nuisance.
  return text.slice(0, byLines <= limit * 1.2 ? byLines : limit)
}

function sizeOf(text: string): string {
  if (text.length > 200_000) return `${(text.length / 1e6).toFixed(1)} million characters`
  const words = text.split(/\s+/).length
  return words > 20
    ? `${words.toLocaleString('en-US')} words`
    : `${text.length.toLocaleString('en-US')} characters`
}
