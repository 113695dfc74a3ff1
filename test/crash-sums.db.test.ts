/** The crash tests' look at the sums can fail. */
import { beforeEach, describe, expect, it } from 'vitest'
import { storeSpans } from '#server/ingest/store'
import { findWrongSums } from './crash-sums'
import { createTestDatabase, type TestDatabase } from './database'
import { incoming } from './received-spans'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
  const spans = [
    incoming({ trace: 1, span: 1, end: 500, session: 's' }),
    incoming({ trace: 1, span: 2, parent: 1, error: true, tokens: [3, 1], session: 's' }),
  ]
  await storeSpans(db, spans, () => new Date())
})

describe('sums as ingest left them', () => {
  it('are none of them wrong', async () => {
    expect(await findWrongSums(db.config)).toEqual([])
  })

  it.each(['traces', 'projectSessions', 'projectBuckets'] as const)(
    'are found wrong in %s when they are one off',
    async (table) => {
      await db.write((tx) => tx.update(db.t[table]).set({ promptTokens: 4 }))
      const lines = await findWrongSums(db.config)
      const name = { traces: 'traces', projectSessions: 'sessions', projectBuckets: 'buckets' }[table]
      expect(lines.join('\n')).toMatch(new RegExp(`^kept ${name}.*\\n.*counted ${name}`, 's'))
    },
  )

  it('are found wrong when one is missing', async () => {
    await db.write((tx) => tx.delete(db.t.spanRollups))
    expect(await findWrongSums(db.config)).toEqual([expect.stringMatching(/^counted rollups 0: /)])
  })
})
