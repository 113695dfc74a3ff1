'use client'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { SpanDetail, SpanNode } from '#server/traces/model'
import { formatCount, formatDuration, shortId } from '../format'
import { Badge } from '../ui/badge'
import { CodeBlock } from '../ui/code'
import { CopyButton } from '../ui/copy-button'
import { Failure } from '../ui/failure'
import { Loading, Skeleton } from '../ui/states'
import { type TabItem, Tabs } from '../ui/tabs'
import { RelativeTime } from '../ui/time'
import { parseAttributes, parseJson, textAt, toPrettyJson } from './attributes'
import { useSpan } from './hooks'
import { KindBadge, KindDot } from './kind'
import { eventsOf } from './messages'
import { SpanInfo } from './span-info'
import { StatusBadge } from './status'

// What stands behind the other tabs comes when somebody looks there.
const SpanAttributes = lazy(() => import('./span-attributes').then((m) => ({ default: m.SpanAttributes })))
const SpanEvents = lazy(() => import('./span-events').then((m) => ({ default: m.SpanEvents })))

/** The selected span. Its head is known from the tree; the rest is fetched. */
export function SpanPanel({ span }: { span: SpanNode }) {
  const query = useSpan(span.id)
  // While the next span loads, the last one stays visible, dimmed, so that nothing jumps.
  const detail = query.data
  return (
    <div className="flex min-h-0 min-w-0 grow flex-col">
      <SpanHead span={span} detail={detail?.id === span.id ? detail : undefined} />
      {query.isError ? (
        <div className="p-4 sm:p-5">
          <Failure what="The span could not be loaded." error={query.error} onRetry={() => query.refetch()} />
        </div>
      ) : detail ? (
        <div aria-busy={detail.id !== span.id} className="flex min-h-0 grow flex-col aria-busy:opacity-50">
          <SpanTabs detail={detail} />
        </div>
      ) : (
        <PanelSkeleton />
      )}
    </div>
  )
}

function SpanHead({ span, detail }: { span: SpanNode; detail: SpanDetail | undefined }) {
  const model = useMemo(
    () => detail && textAt(parseAttributes(detail.attributesJson), 'llm.model_name'),
    [detail],
  )
  const tokens = [
    span.promptTokens === null ? null : `${formatCount(span.promptTokens)} in`,
    span.completionTokens === null ? null : `${formatCount(span.completionTokens)} out`,
  ].filter((part) => part !== null)
  return (
    <div className="flex flex-col gap-1 px-4 pt-4 pb-2 sm:px-5">
      <div className="flex min-w-0 items-center gap-2">
        <KindDot kind={span.spanKind} />
        <h2 title={span.name} className="line-clamp-2 min-w-0 text-lg font-semibold wrap-anywhere">
          {span.name || 'unnamed'}
        </h2>
        <KindBadge kind={span.spanKind} />
        <StatusBadge code={span.statusCode} message={span.statusMessage} />
      </div>
      <div className="tnum flex flex-wrap items-center gap-x-4 gap-y-0.5 text-muted">
        {model && (
          <span title={model} className="max-w-60 truncate">
            {model}
          </span>
        )}
        <span>{formatDuration(span.endTime - span.startTime)}</span>
        {tokens.length > 0 && <span>{tokens.join(' · ')}</span>}
        <RelativeTime at={span.startTime / 1000} />
        <span className="flex items-center font-mono text-xs" title={span.spanId}>
          {shortId(span.spanId)}
          <CopyButton text={span.spanId} label="Copy span id" />
        </span>
      </div>
    </div>
  )
}

function SpanTabs({ detail }: { detail: SpanDetail }) {
  const [tab, setTab] = useState('info')
  const attributes = useMemo(() => parseAttributes(detail.attributesJson), [detail])
  const events = useMemo(() => eventsOf(parseJson(detail.eventsJson)), [detail])
  const isTalk = textAt(attributes, 'llm.input_messages') !== null
  const failed = events.some((event) => event.exception)
  const items: TabItem[] = [
    {
      id: 'info',
      label: isTalk ? 'Messages' : 'Input and output',
      content: <SpanInfo key={detail.id} span={detail} attributes={attributes} />,
    },
    {
      id: 'attributes',
      label: 'Attributes',
      content: (
        <Suspense>
          <SpanAttributes key={detail.id} attributes={attributes} />
        </Suspense>
      ),
    },
    {
      id: 'events',
      label: (
        <>
          Events
          {events.length > 0 && <Badge tone={failed ? 'danger' : 'neutral'}>{String(events.length)}</Badge>}
        </>
      ),
      content: (
        <Suspense>
          <SpanEvents key={detail.id} events={events} start={detail.startTime} />
        </Suspense>
      ),
    },
    { id: 'raw', label: 'Raw', content: <RawSpan key={detail.id} detail={detail} /> },
  ]
  return <Tabs label="The span" items={items} selected={tab} onSelect={setTab} />
}

/** The span as it is stored, every digit of it. */
function RawSpan({ detail }: { detail: SpanDetail }) {
  const text = useMemo(() => {
    const { attributesJson, eventsJson, ...rest } = detail
    const whole = parseJson(JSON.stringify(rest)) as Record<string, never>
    return toPrettyJson({
      ...whole,
      attributes: parseJson(attributesJson) ?? {},
      events: parseJson(eventsJson) ?? [],
    })
  }, [detail])
  return (
    <div className="p-4 sm:p-5">
      <CodeBlock text={text} label="span as JSON" maxLines={200} />
    </div>
  )
}

function PanelSkeleton() {
  return (
    <Loading label="Loading the span" className="flex flex-col gap-3 border-t border-line p-4 sm:p-5">
      {[1, 2, 3].map((n) => (
        <div key={n} className="flex flex-col gap-2 rounded-lg border border-line p-4">
          <Skeleton className="w-20" />
          <Skeleton />
          <Skeleton className="w-3/4" />
        </div>
      ))}
    </Loading>
  )
}
