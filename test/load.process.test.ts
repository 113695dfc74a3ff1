/** Many exporters at once, all writing one SQLite file: nothing fails and nothing is lost. Times are `npm run bench`'s. */
import { expect, it } from 'vitest'
import { runLoad } from './load-run'
import { startProgram } from './program'

it('200 exporter connections with 100 single-span requests each meet no error and lose nothing', async () => {
  const program = await startProgram()
  try {
    const load = await runLoad(program, { connections: 200, requests: 100 })
    expect(load.failures).toBe(0)
    expect(load.acknowledged).toBe(20_000)
    expect(load.stored).toBe(20_000)
    expect(load.pageErrors).toBe(0)
    // They share transactions. How many share one depends on how fast they come: `npm run bench -- single` measures.
    expect(load.commits).toBeGreaterThan(0)
    expect(load.commits).toBeLessThanOrEqual(5_000)
  } finally {
    await program.stop()
  }
})
