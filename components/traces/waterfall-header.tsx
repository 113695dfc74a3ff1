import { formatDuration } from '../format'
import type { Tick } from './axis'
import { ROW_GRID } from './layout'

/** The ruler above the tree. */
export function WaterfallHeader({ ticks }: { ticks: Tick[] }) {
  return (
    <div className={`${ROW_GRID} h-8 shrink-0 border-b border-line text-xs text-muted`}>
      <span className="pl-4 sm:pl-5">Span</span>
      <div aria-hidden className="relative h-4">
        {ticks.map((tick) =>
          tick.at > 0.88 ? null : (
            <span
              key={tick.micros}
              className="tnum absolute -translate-x-px whitespace-nowrap max-sm:not-first:not-last:hidden"
              style={{ left: `${tick.at * 100}%` }}
            >
              {tick.micros === 0
                ? '0'
                : formatDuration(tick.micros)
                    .replace(/\.00? /, ' ')
                    .replace(/(\.\d)0 /, '$1 ')}
            </span>
          ),
        )}
      </div>
      <span className="pr-4 text-right">Duration</span>
    </div>
  )
}
