/** A span's events as the list that is stored with it. */
import type { Attribute, OtlpEvent, Value, ValueMap } from '#server/otlp/model'
import { formatTime } from '#server/wire-time'

/** Of an event named `exception` these are kept, in this order. */
const EXCEPTION_KEYS = ['exception.type', 'exception.message', 'exception.escaped', 'exception.stacktrace']

/**
 * `[{"name","timestamp","attributes"}]` in the order of arrival; attributes keep their flat keys.
 * @param spanStart microseconds; the time of an event that names none, or none that a date can be
 */
export function listEvents(events: readonly OtlpEvent[], spanStart: number): ValueMap[] {
  return events.map((event) => toMap(event, spanStart))
}

function toMap(event: OtlpEvent, spanStart: number): ValueMap {
  const micros = Number(event.timeNanos / 1000n)
  const time = micros === 0 || micros > Number.MAX_SAFE_INTEGER ? spanStart : micros
  const attributes = event.name === 'exception' ? keepException(event.attributes) : keepAll(event.attributes)
  return new Map<string, Value>([
    ['name', event.name],
    ['timestamp', formatTime(time)],
    ['attributes', attributes],
  ])
}

/** Of one key twice, the last counts. Values without content are left out. */
function keepAll(attributes: readonly Attribute[]): ValueMap {
  return new Map(attributes.filter(([, value]) => value !== null))
}

function keepException(attributes: readonly Attribute[]): ValueMap {
  const all = keepAll(attributes)
  if (!all.has('exception.message')) all.set('exception.message', '')
  return new Map(
    EXCEPTION_KEYS.flatMap((key) => (all.has(key) ? [[key, all.get(key) as Value] as const] : [])),
  )
}
