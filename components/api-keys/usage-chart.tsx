'use client'
import { useId } from 'react'
import type { KeyUsage } from '#server/api-keys/model'
import { formatCount, plural } from '../format'

const HEIGHT = 72
const STEP = 12
const BAR = 9

/** Requests per day as bars, and the same as a table for those who read or want the figures. */
export function UsageChart({ usage }: { usage: KeyUsage }) {
  const id = useId()
  const { days, total, lastSevenDays } = usage
  const most = Math.max(1, ...days.map((day) => day.count))
  return (
    <figure className="m-0 flex flex-col gap-2" aria-labelledby={id}>
      <figcaption id={id} className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span>
          <span className="tnum text-lg font-semibold">{formatCount(total)}</span>{' '}
          <span className="text-muted">{total === 1 ? 'request' : 'requests'} in 30 days</span>
        </span>
        <span className="tnum text-muted">{formatCount(lastSevenDays)} in the last 7</span>
      </figcaption>
      <svg
        role="img"
        aria-label={`Requests per day: ${plural(total, 'request')} in ${days.length} days, at most ${formatCount(most)} in one.`}
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-18 w-full border-b border-line"
      >
        {days.map(({ day, count }, index) => {
          // A day with a single request is still to be seen.
          const height = count === 0 ? 0 : Math.max(2, (count / most) * (HEIGHT - 4))
          return (
            <rect
              key={day}
              x={index * STEP + (STEP - BAR) / 2}
              y={HEIGHT - height}
              width={BAR}
              height={height}
              rx="1"
              className="fill-accent"
            >
              <title>{`${day}: ${plural(count, 'request')}`}</title>
            </rect>
          )
        })}
      </svg>
      <p aria-hidden className="tnum flex justify-between text-xs text-muted">
        <span>{days[0]?.day}</span>
        <span>{days.at(-1)?.day}, UTC</span>
      </p>
      <details>
        <summary className="cursor-pointer rounded-sm text-muted hover:text-text">As a table</summary>
        <UsageTable days={days} />
      </details>
    </figure>
  )
}

function UsageTable({ days }: Pick<KeyUsage, 'days'>) {
  return (
    <section
      aria-label="Requests per day"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      className="mt-1 max-h-48 overflow-y-auto rounded-md border border-line"
    >
      <table className="w-full text-left">
        <thead>
          <tr className="text-xs text-muted">
            <th scope="col" className="px-3 py-1 font-medium">
              Day
            </th>
            <th scope="col" className="px-3 py-1 text-right font-medium">
              Requests
            </th>
          </tr>
        </thead>
        <tbody className="tnum">
          {days.toReversed().map(({ day, count }) => (
            <tr key={day} className="border-t border-line">
              <td className="px-3 py-1">{day}</td>
              <td className="px-3 py-1 text-right">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
