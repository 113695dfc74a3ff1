/** The events of a span, read from their stored JSON without losing a digit. */
import { listItems, objectEntries } from '#server/traces/json-text'
import { formatTime, parseTime } from '#server/wire-time'

/** An event: `name` and `attributes` are JSON text. */
export interface StoredEvent {
  name: string
  /** ISO 8601, `+00:00`. */
  timestamp: string
  /** Microseconds since 1970. */
  micros: number
  attributes: string
}

/** Reads the stored list; a time may stand in it as ISO 8601 or as microseconds. */
export function readEvents(eventsJson: string): StoredEvent[] {
  return listItems(eventsJson).map((item) => {
    const entries = objectEntries(item)
    const time: unknown = JSON.parse(entries.get('timestamp') ?? '0')
    const micros = typeof time === 'number' ? time : (parseTime(String(time)) ?? 0)
    return {
      name: entries.get('name') ?? '""',
      timestamp: formatTime(micros),
      micros,
      attributes: entries.get('attributes') ?? '{}',
    }
  })
}
