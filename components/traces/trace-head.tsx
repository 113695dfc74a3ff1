import { TriangleAlert } from 'lucide-react'
import type { TraceDetail } from '#server/traces/model'
import { formatCount, formatDuration } from '../format'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/time'

/** The figures of a trace. */
export function TraceHead({ trace }: { trace: TraceDetail }) {
  const tokens = trace.promptTokens + trace.completionTokens
  return (
    <div className="tnum flex min-h-11 shrink-0 flex-wrap items-center gap-x-5 gap-y-1 border-b border-line py-1.5 pr-4 pl-4 sm:pl-5">
      <Fact value={formatDuration(Math.max(0, trace.endTime - trace.startTime))} word="duration" />
      <Fact value={formatCount(trace.spanCount)} word={trace.spanCount === 1 ? 'span' : 'spans'} />
      {tokens > 0 && <Fact value={formatCount(tokens)} word="tokens" />}
      {trace.errorCount > 0 && (
        <Badge tone="danger" icon={<TriangleAlert aria-hidden className="size-3" />}>
          {formatCount(trace.errorCount)} {trace.errorCount === 1 ? 'error' : 'errors'}
        </Badge>
      )}
      <RelativeTime at={trace.startTime / 1000} className="ml-auto text-muted" />
    </div>
  )
}

function Fact({ value, word }: { value: string; word: string }) {
  return (
    <span className="whitespace-nowrap text-muted">
      <span className="font-semibold text-text">{value}</span> {word}
    </span>
  )
}
