/** What is looked for, as it stands in the address of the page, and the question it makes for the server. */
import { parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs'
import { AUDIT_ACTION_NAMES, OUTCOMES } from '#server/audit/model'

const HOUR_MS = 3_600_000
/** Ranges of time that end now. */
export const RANGES = [
  { value: '1h', label: 'Last hour', ms: HOUR_MS },
  { value: '24h', label: 'Last 24 hours', ms: 24 * HOUR_MS },
  { value: '7d', label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
  { value: '30d', label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
] as const
const RANGE_NAMES = ['all', '1h', '24h', '7d', '30d', 'custom'] as const
export type RangeName = (typeof RANGE_NAMES)[number]

export const AUDIT_STATE = {
  action: parseAsStringLiteral(AUDIT_ACTION_NAMES),
  outcome: parseAsStringLiteral(OUTCOMES),
  actor: parseAsString.withDefault(''),
  target: parseAsString.withDefault(''),
  address: parseAsString.withDefault(''),
  range: parseAsStringLiteral(RANGE_NAMES).withDefault('all'),
  /** Days, `2026-05-01`, both included; for the range `custom`. */
  from: parseAsString.withDefault(''),
  until: parseAsString.withDefault(''),
  /** The number of the entry that is open. */
  entry: parseAsInteger,
}

export interface AuditFilters {
  action: (typeof AUDIT_ACTION_NAMES)[number] | null
  outcome: (typeof OUTCOMES)[number] | null
  actor: string
  target: string
  address: string
  range: RangeName
  from: string
  until: string
}

/** Nothing looked for. */
export const NO_FILTERS = {
  action: null,
  outcome: null,
  actor: null,
  target: null,
  address: null,
  range: null,
  from: null,
  until: null,
} as const

/** Whether anything is looked for. */
export function isFiltering({ action, outcome, actor, target, address, range }: AuditFilters): boolean {
  return Boolean(action || outcome || actor || target || address) || range !== 'all'
}

/** The filters as the server takes them. Days are days in UTC, as the log writes its times. */
export function queryOf(filters: AuditFilters, now: number): URLSearchParams {
  const { action, outcome, actor, target, address, range } = filters
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ action, outcome, actor, target, address })) {
    if (value) query.set(name, value)
  }
  const ms = RANGES.find(({ value }) => value === range)?.ms
  if (ms) query.set('from', new Date(now - ms).toISOString())
  if (range === 'custom') {
    const from = dayOf(filters.from)
    const until = dayOf(filters.until)
    if (from !== null) query.set('from', new Date(from).toISOString())
    if (until !== null) query.set('until', new Date(until + 24 * HOUR_MS).toISOString())
  }
  return query
}

function dayOf(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
