import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type Reading, register } from '#server/metrics/readings'

async function textOf(...readings: Reading[]): Promise<string> {
  const registry = new Registry()
  registry.setDefaultLabels({ process: 'web' })
  register(registry, readings)
  return registry.metrics()
}

test('a histogram is told as Prometheus counts: each bucket holds those below', async () => {
  const read = () => ({ bounds: [0.5, 1], counts: [3, 0, 2], sum: 7.25 })
  expect(await textOf({ name: 'h', help: 'H.', type: 'histogram', read })).toBe(`# HELP h H.
# TYPE h histogram
h_bucket{le="0.5",process="web"} 3
h_bucket{le="1",process="web"} 3
h_bucket{le="+Inf",process="web"} 5
h_sum{process="web"} 7.25
h_count{process="web"} 5
`)
})

test('a value is read when it is asked for, and its own label wins over the common one', async () => {
  let value = 1
  const read = (): [Record<string, string>, number][] => [[{ process: 'collector' }, value]]
  const registry = new Registry()
  registry.setDefaultLabels({ process: 'web' })
  register(registry, [{ name: 'g', help: 'G.', type: 'gauge', read }])
  value = 2
  expect(await registry.metrics()).toContain('g{process="collector"} 2\n')
})

test('what a label holds cannot end it', async () => {
  const read = (): [Record<string, string>, number][] => [[{ code: '"}\n x 1' }, 1]]
  expect(await textOf({ name: 'c', help: 'C.', type: 'counter', read })).toContain(
    'c{code="\\"}\\n x 1",process="web"} 1',
  )
})
