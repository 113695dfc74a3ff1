'use client'
import { Bolt, TriangleAlert } from 'lucide-react'
import { formatDuration } from '../format'
import { CodeBlock, LongText } from '../ui/code'
import { ExactTime } from '../ui/time'
import { toPrettyJson } from './attributes'
import { Card } from './card'
import type { SpanEvent } from './messages'

/** What happened during a span, with the stack of exceptions. `start` in microseconds. */
export function SpanEvents({ events, start }: { events: SpanEvent[]; start: number }) {
  if (events.length === 0) return <p className="p-5 text-muted">Nothing was recorded during this span.</p>
  return (
    <div className="flex flex-col gap-3 p-4 sm:p-5">
      {events.map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
        <EventCard key={index} event={event} start={start} />
      ))}
    </div>
  )
}

function EventCard({ event, start }: { event: SpanEvent; start: number }) {
  const { exception } = event
  const when = event.timestamp === null ? Number.NaN : Date.parse(event.timestamp)
  const title = exception ? (exception.type ?? 'Exception') : event.name
  return (
    <Card
      title={
        <>
          {exception ? (
            <TriangleAlert aria-hidden className="size-4 shrink-0 text-danger" />
          ) : (
            <Bolt aria-hidden className="size-4 shrink-0" />
          )}
          <span className="truncate text-text">{title}</span>
        </>
      }
      aside={Number.isNaN(when) ? null : `after ${formatDuration(Math.max(0, when * 1000 - start))}`}
    >
      {exception?.message && <LongText text={exception.message} className="text-danger" />}
      {exception?.stack ? (
        <CodeBlock text={exception.stack} label="stack" maxLines={20} className="mt-2" />
      ) : (
        Object.keys(event.attributes).length > 0 && (
          <CodeBlock text={toPrettyJson(event.attributes)} label="attributes of the event" className="mt-1" />
        )
      )}
      {!Number.isNaN(when) && <ExactTime at={when} className="tnum mt-2 block text-xs text-muted" />}
    </Card>
  )
}
