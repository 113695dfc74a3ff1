/** An acknowledged span is on disk, whatever breaks, and there once; exporters that retry lose nothing. */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { sqliteForCrash } from './crash-engines'
import { killChild, killTree } from './crash-faults'
import { describeCrashes } from './crash-matrix'
import { runCrashRounds } from './crash-rounds'

const EARLY_ANSWERS = fileURLToPath(new URL('./answer-before-commit.cjs', import.meta.url))

// Longer than the senders' patience: they give up and come again, as in a stop of half a minute.
describeCrashes({ rounds: 5, stoppedMs: 1_500 })

describe('the test itself', () => {
  it('notices the loss when spans are acknowledged before COMMIT', async () => {
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(EARLY_ANSWERS)}` }
    const faults = [killChild('web'), killChild('collector'), killTree]
    const result = await runCrashRounds({ rounds: 2, faults, database: sqliteForCrash, env })
    expect(result.lost.length).toBeGreaterThan(0)
  })
})
