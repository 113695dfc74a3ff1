/** Metrics whose values are counted elsewhere and read when Prometheus asks, in the shape that prom-client's registry takes. */
import type { Metric, Registry } from 'prom-client'
import type { Histogram } from '#server/metrics/histogram'

/** A value and the labels that tell it from others of its metric. */
export type Sample = [labels: Record<string, string>, value: number]

/** A metric that is read when it is asked for. */
export interface Reading {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  read: () => Sample[] | Histogram
}

interface Value {
  metricName: string
  labels: Record<string, string>
  value: number
}

/** Adds readings to a registry. One that throws is the fault of the whole answer, so they must not. */
export function register(registry: Registry, readings: readonly Reading[]): void {
  for (const { name, help, type, read } of readings) {
    const get = async () => ({ name, help, type, values: toValues(name, read()) })
    // The registry asks of a metric nothing but these.
    registry.registerMetric({ name, help, get, reset: () => {} } as unknown as Metric)
  }
}

function toValues(name: string, read: Sample[] | Histogram): Value[] {
  if (!Array.isArray(read)) return histogramValues(name, read)
  return read.map(([labels, value]) => ({ metricName: name, labels, value }))
}

/** Prometheus counts in each bucket everything up to its bound. */
function histogramValues(name: string, { bounds, counts, sum }: Histogram): Value[] {
  let total = 0
  const buckets = counts.map((count, index) => {
    total += count
    const le = bounds[index] === undefined ? '+Inf' : String(bounds[index])
    return { metricName: `${name}_bucket`, labels: { le }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: total },
  ]
}
