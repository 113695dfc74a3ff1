/** How ingest stands: one place that names every queue, every refusal and every commit. */
import type { IngestStats } from '#server/ingest/thread'
import type { Reading, Sample } from '#server/metrics/readings'

const by = (label: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([key, value]) => [{ [label]: key }, value])

const one = (value: number): Sample[] => [[{}, value]]

/** The readings of one process's ingest. */
export function ingestReadings(stats: () => IngestStats): Reading[] {
  const worker = () => stats().worker
  return [
    {
      name: 'bennu_ingest_queue_requests',
      help: 'Export requests between the check of their credential and their answer.',
      type: 'gauge',
      read: () => one(stats().queue.requests),
    },
    {
      name: 'bennu_ingest_queue_spans',
      help: 'Spans of those requests that are decoded and not committed. Bounded by PHOENIX_MAX_SPANS_QUEUE_SIZE.',
      type: 'gauge',
      read: () => one(stats().queue.spans),
    },
    {
      name: 'bennu_ingest_queue_bytes',
      help: 'Bytes of those requests as they came off the wire. Bounded by BENNU_MAX_INFLIGHT_BYTES.',
      type: 'gauge',
      read: () => one(stats().queue.bytes),
    },
    {
      name: 'bennu_ingest_oldest_request_seconds',
      help: 'How long the request has waited that has waited longest for its answer.',
      type: 'gauge',
      read: () => one(stats().oldestSeconds),
    },
    {
      name: 'bennu_ingest_refusals_total',
      help: 'Export requests told to come again before they were read: too many bytes or spans in flight, or the worker was starting or stopping.',
      type: 'counter',
      read: () => by('reason', stats().refusals),
    },
    {
      name: 'bennu_ingest_requests_total',
      help: 'Export requests the worker answered: stored, or the code of the error.',
      type: 'counter',
      read: () => by('outcome', stats().outcomes),
    },
    {
      name: 'bennu_ingest_spans_total',
      help: 'Spans committed, found to be there already, or rejected for what is in them.',
      type: 'counter',
      read: () => {
        const { stored, duplicates, rejected } = worker()
        return by('result', { stored, duplicate: duplicates, rejected })
      },
    },
    {
      name: 'bennu_ingest_commits_total',
      help: 'Transactions that stored spans.',
      type: 'counter',
      read: () => one(worker().commits),
    },
    {
      name: 'bennu_ingest_retries_total',
      help: 'Transactions that did not come about and were tried again.',
      type: 'counter',
      read: () => one(worker().retries),
    },
    {
      name: 'bennu_ingest_commit_duration_seconds',
      help: 'From the first statement of a transaction to the end of its COMMIT.',
      type: 'histogram',
      read: () => worker().commitSeconds,
    },
    {
      name: 'bennu_ingest_commit_spans',
      help: 'Spans that shared a transaction.',
      type: 'histogram',
      read: () => worker().groupSpans,
    },
    {
      name: 'bennu_ingest_commit_requests',
      help: 'Export requests that shared a transaction.',
      type: 'histogram',
      read: () => worker().groupRequests,
    },
    {
      name: 'bennu_ingest_decode_seconds_total',
      help: 'Time the worker spent on inflating and decoding.',
      type: 'counter',
      read: () => one(worker().decodeSeconds),
    },
    {
      name: 'bennu_ingest_worker_busy_seconds_total',
      help: 'Time the worker thread was at work: decoding, and on SQLite storing as well.',
      type: 'counter',
      read: () => one(stats().workerBusySeconds),
    },
    {
      name: 'bennu_ingest_worker_starts_total',
      help: 'How often the worker thread was started: more than once when it died.',
      type: 'counter',
      read: () => one(stats().workerStarts),
    },
  ]
}
