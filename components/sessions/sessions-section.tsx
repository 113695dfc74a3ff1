'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
import { Section } from '../ui/section'
import { TableSkeleton } from '../ui/table-skeleton'
import { useEndSession, useSessions } from './hooks'
import { SessionRows } from './session-list'

const EndSessionsDialog = dynamic(() => import('./end-sessions-dialog').then((m) => m.EndSessionsDialog))

interface SessionsSectionProps {
  /** Whose sessions: null for one's own. */
  owner: { id: string; username: string } | null
}

/** Where somebody is signed in, and ways to end that. */
export function SessionsSection({ owner }: SessionsSectionProps) {
  const query = useSessions(owner?.id ?? null)
  const end = useEndSession(owner?.id ?? null)
  const [isAsking, setAsking] = useState(false)
  const sessions = query.data?.sessions ?? []
  const others = sessions.filter((session) => !session.isCurrent).length
  return (
    <Section
      title="Sessions"
      note={
        owner
          ? 'Browsers in which this person is signed in. A session that is ended counts for nothing at its next request.'
          : 'Browsers in which you are signed in. End those that you do not know, and change your password.'
      }
      actions={
        others > 0 && (
          <Button onPress={() => setAsking(true)}>
            {owner ? 'End all sessions' : 'End all other sessions'}
          </Button>
        )
      }
    >
      {query.isError && (
        <Failure
          what={query.data ? 'The sessions could not be refreshed.' : 'The sessions could not be loaded.'}
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {end.isError && <Failure what="The session was not ended." error={end.error} />}
      {query.isPending && <TableSkeleton label="Loading the sessions" rows={2} />}
      {query.data && sessions.length === 0 && <p className="text-muted">Signed in nowhere.</p>}
      {sessions.length > 0 && (
        <SessionRows
          sessions={sessions}
          ending={end.isPending ? end.variables : null}
          onEnd={(session) =>
            end.mutate(session.id, {
              onSuccess: () => void notify(`The session of ${session.device} has ended`),
            })
          }
        />
      )}
      {isAsking && (
        <EndSessionsDialog owner={owner} what={plural(others, 'session')} onClose={() => setAsking(false)} />
      )}
    </Section>
  )
}
