'use client'
import type { ReactNode } from 'react'
import type { AuditEntry } from '#server/audit/model'
import { Badge } from '../ui/badge'
import { CodeBlock } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { TextLink } from '../ui/link'
import { Skeleton } from '../ui/states'
import { ExactTime } from '../ui/time'
import { useAuditEntry } from './hooks'
import { kindOf, pathOf, whatOf, whyOf } from './words'

interface EntryDialogProps {
  number: number
  /** What the list knows of it already. */
  known: AuditEntry | undefined
  onClose: () => void
}

/** All that is known of one entry. */
export function EntryDialog({ number, known, onClose }: EntryDialogProps) {
  const query = useAuditEntry(number, known)
  return (
    <Dialog title={`Entry ${number}`} isOpen onClose={onClose}>
      {query.data ? (
        <EntryFacts entry={query.data} />
      ) : query.isError ? (
        <Failure what="The entry could not be loaded." error={query.error} onRetry={() => query.refetch()} />
      ) : (
        <div role="status" aria-label="Loading the entry" className="flex flex-col gap-3 py-4">
          <Skeleton className="w-60" />
          <Skeleton className="w-40" />
          <Skeleton className="w-52" />
        </div>
      )}
    </Dialog>
  )
}

function EntryFacts({ entry }: { entry: AuditEntry }) {
  const { at, action, outcome, actor, actor_name, credential, target, target_name, address, user_agent } =
    entry
  return (
    <div className="flex flex-col gap-4">
      <p className="wrap-anywhere">
        <span className="font-medium">{whatOf(entry)}</span>
        {whyOf(entry) !== null && <span className="text-muted">: {whyOf(entry)}</span>}
      </p>
      <Facts label="Entry">
        <Fact name="When">
          <ExactTime at={Date.parse(at)} />
        </Fact>
        <Fact name="Action">
          <span className="flex flex-wrap items-center gap-2">
            <code className="font-mono text-xs">{action}</code>
            <Badge tone={outcome === 'success' ? 'ok' : 'danger'}>
              {outcome === 'success' ? 'done' : 'failed'}
            </Badge>
            {entry.reason !== null && <code className="font-mono text-xs">{entry.reason}</code>}
          </span>
        </Fact>
        <Fact name="Who">
          <Party id={actor} name={actor_name} erased={entry.erased} />
        </Fact>
        <Fact name="By">{kindOf(entry)}</Fact>
        {credential !== null && (
          <Fact name="Credential">
            <Party id={credential} name={null} erased={false} />
          </Fact>
        )}
        <Fact name="On">
          <Party id={target} name={target_name} erased={entry.erased} />
        </Fact>
        <Fact name="Address">{address ?? <Nothing erased={entry.erased} />}</Fact>
        <Fact name="User agent">{user_agent ?? <Nothing erased={entry.erased} />}</Fact>
        <Fact name="Hash">
          <code className="font-mono text-xs wrap-anywhere">{entry.hash}</code>
        </Fact>
      </Facts>
      {Object.keys(entry.details).length > 0 && (
        <CodeBlock text={JSON.stringify(entry.details, null, 2)} label="the details" />
      )}
    </div>
  )
}

/** A name and the id behind it, with the way to its page. */
function Party({ id, name, erased }: { id: string | null; name: string | null; erased: boolean }) {
  if (id === null && !name) return <Nothing erased={erased} />
  const path = pathOf(id, name)
  const text: ReactNode = name || id
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      {path ? <TextLink href={path}>{text}</TextLink> : <span>{text}</span>}
      {name && id && <code className="font-mono text-xs text-muted">{id}</code>}
    </span>
  )
}

function Nothing({ erased }: { erased: boolean }) {
  return <span className="text-muted">{erased ? 'erased, or never known' : 'nothing'}</span>
}
