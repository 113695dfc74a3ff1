'use client'
import { CircleCheck, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { CopyButton } from '../ui/copy-button'
import { Dialog, DialogActions } from '../ui/dialog'
import { useKeepFocus } from '../ui/keep-focus'
import { TextLink } from '../ui/link'
import { RelativeTime } from '../ui/time'
import type { CreatedKey } from './create-key'

/** A key whose text has just been made: a new one, or an old one with another value. */
export interface FreshKey extends CreatedKey {
  /** Until when the old value works, in milliseconds; null when it has stopped. */
  rotated?: { oldWorksUntil: number | null }
}

/** The text of a fresh key, this once. Going away without having copied it asks. */
export function NewKeyCard({ apiKey, onDone }: { apiKey: FreshKey; onDone: () => void }) {
  const [copied, setCopied] = useState(false)
  const [asking, setAsking] = useState(false)
  const card = useRef<HTMLElement>(null)
  useKeepFocus()
  // The list may have been scrolled far down when a key of it was rotated.
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  useEffect(() => {
    if (copied) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [copied])
  return (
    <section
      ref={card}
      aria-label="The new key"
      className="enter flex scroll-m-4 flex-col gap-3 rounded-lg border border-accent bg-surface p-4"
    >
      <div className="flex items-start gap-2">
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
        <p role="status" className="min-w-0 grow">
          <span className="font-semibold wrap-anywhere">
            {apiKey.name} {apiKey.rotated ? 'has a new value.' : 'is ready.'}
          </span>{' '}
          <span className="text-muted">
            Copy it now; it cannot be shown again. <OldValue apiKey={apiKey} />
          </span>
        </p>
        <Button
          variant="quiet"
          size="iconSm"
          aria-label="Hide the key"
          onPress={() => (copied ? onDone() : setAsking(true))}
          icon={<X className="size-4" />}
        />
      </div>
      <div className="flex flex-wrap items-center gap-2 rounded-md bg-raised p-2 pl-3">
        <code
          data-testid="new-key"
          className="min-w-0 grow basis-full font-mono sm:basis-40 text-xs leading-5 break-all select-all"
        >
          {apiKey.key}
        </code>
        <CopyButton
          text={apiKey.key}
          label="Copy the key"
          variant="secondary"
          onCopied={() => setCopied(true)}
        >
          Copy
        </CopyButton>
      </div>
      <div className="flex flex-wrap items-center gap-2 text-muted">
        <Badge tone="accent">{apiKey.scope === 'ingest' ? 'ingest only' : apiKey.scope}</Badge>
        <Badge>{apiKey.role.toLowerCase()}</Badge>
        <span>
          {apiKey.expires_at ? (
            <>
              expires <RelativeTime at={Date.parse(apiKey.expires_at)} />
            </>
          ) : (
            'never expires'
          )}
        </span>
      </div>
      {asking && (
        <Dialog
          title="Hide the key without copying it?"
          role="alertdialog"
          isOpen
          onClose={() => setAsking(false)}
        >
          <p>Nobody can show {apiKey.name} again. Without a copy it is of no use, and can only be deleted.</p>
          <DialogActions>
            <Button onPress={() => setAsking(false)}>Back to the key</Button>
            <Button variant="danger" onPress={onDone}>
              Hide it
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </section>
  )
}

function OldValue({ apiKey: { rotated } }: { apiKey: FreshKey }) {
  if (!rotated) return null
  if (rotated.oldWorksUntil === null) return 'The old value has stopped working.'
  return (
    <>
      The old value stops <RelativeTime at={rotated.oldWorksUntil} />.
    </>
  )
}

/** Where a key is used first. */
export function ExporterHint() {
  return (
    <p className="text-muted">
      Exporters send it as <code className="font-mono text-xs">Authorization: Bearer …</code>; an empty{' '}
      <TextLink href="/projects">project</TextLink> shows the whole set-up, ready to paste.
    </p>
  )
}
