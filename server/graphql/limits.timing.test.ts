/** How long a refusal takes, the request's way through its gates included. */
import { beforeAll, expect, test } from 'vitest'
import { askGraphql } from '../../test/graphql'
import { HOSTILE, times } from '../../test/hostile-queries'
import { durationOf, leastOf } from '../../test/least-of'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime } from '../../test/runtime'

const LIMIT_MS = 50
const MOST_RUNS = 40

let who: Principals
beforeAll(async () => {
  who = await createPrincipals(await createTestRuntime())
})

const best = (query: string, limitMs = LIMIT_MS) =>
  leastOf(MOST_RUNS, limitMs, () => durationOf(() => askGraphql(query, who['session ADMIN'].headers)))

test.each(HOSTILE)('%s is refused at once', async (_name, query) => {
  expect(await best(query)).toBeLessThan(LIMIT_MS)
})

test('what is refused for its size is refused at once', async () => {
  expect(await best(`{ viewer { id } } #${'x'.repeat(5_000_000)}`)).toBeLessThan(LIMIT_MS)
})

test('validation is not made to compare everything with everything', async () => {
  const eight = times(8, (n) => `a${n}: nonsense`)
  expect(await best(`{ ${'viewer { '.concat(eight, ' } ').repeat(45)} }`, LIMIT_MS * 2)).toBeLessThan(
    LIMIT_MS * 2,
  )
})
