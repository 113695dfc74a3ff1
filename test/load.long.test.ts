import { expect, it } from 'vitest'
import { measureLoad } from './measured-load'

it('200 exporter connections leave pages quick and web responsive', async () => {
  const load = await measureLoad({ connections: 200, requests: 100 })
  console.log(JSON.stringify(load))
  expect(load).toMatchObject({ failures: 0, acknowledged: 20_000, stored: 20_000, pageErrors: 0 })
  expect(load.pageP95Ms).toBeLessThan(500)
  expect(load.eventLoopP99Ms).toBeLessThan(50)
})
