'use client'
import { Monitor, Smartphone } from 'lucide-react'
import type { SessionSummary } from '#server/auth/session-model'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { RelativeTime } from '../ui/time'

interface SessionListProps {
  sessions: SessionSummary[]
  /** The one that is being ended. */
  ending: string | null
  onEnd: (session: SessionSummary) => void
}

/** Sign-ins that still count: on what, from where, since when. */
export function SessionRows({ sessions, ending, onEnd }: SessionListProps) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {sessions.map((session) => (
        <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
          <DeviceIcon device={session.device} />
          <div className="min-w-0 grow basis-48">
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium wrap-anywhere">{session.device}</span>
              {session.isCurrent && <Badge tone="ok">this browser</Badge>}
            </p>
            <p className="text-muted">
              {session.address ? (
                <span className="font-mono text-xs">{session.address}</span>
              ) : (
                'from an unknown address'
              )}
              {' · last seen '}
              <RelativeTime at={Date.parse(session.lastSeenAt)} />
              {' · signed in '}
              <RelativeTime at={Date.parse(session.createdAt)} />
            </p>
          </div>
          {!session.isCurrent && (
            <Button
              size="sm"
              aria-label={`End the session of ${session.device}`}
              isPending={ending === session.id}
              onPress={() => onEnd(session)}
            >
              End session
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

function DeviceIcon({ device }: { device: string }) {
  const Icon = /android|\bios\b|iphone|ipad|mobile|phone/i.test(device) ? Smartphone : Monitor
  return <Icon aria-hidden className="size-4 shrink-0 text-muted" />
}
