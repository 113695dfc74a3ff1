/** SQLite's write-ahead log: how long it is, and how it is moved into the file. */
import type { CheckpointStats } from '#server/db/checkpoints'
import type { Reading } from '#server/metrics/readings'

/** The readings of the checkpoint thread. */
export function checkpointReadings(stats: () => CheckpointStats): Reading[] {
  return [
    {
      name: 'bennu_sqlite_wal_bytes',
      help: "Bytes of SQLite's write-ahead log that are in use.",
      type: 'gauge',
      read: () => [[{}, stats().walBytes]],
    },
    {
      name: 'bennu_sqlite_checkpoints_total',
      help: 'Times the write-ahead log was moved into the file, and whether somebody was in the way of its end.',
      type: 'counter',
      read: () => stats().made.map(({ mode, result, count }) => [{ mode, result }, count]),
    },
    {
      name: 'bennu_sqlite_checkpoint_duration_seconds',
      help: 'How long that took.',
      type: 'histogram',
      read: () => stats().seconds,
    },
  ]
}
