/** Hostile queries: each is refused with a sentence that names its limit, before anything is read. */
import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { askGraphql } from '../../test/graphql'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime } from '../../test/runtime'

let who: Principals

beforeAll(async () => {
  who = await createPrincipals(await createTestRuntime())
  // Not what the clocks below are about: the schema is made at the first query of a process.
  await askGraphql('{ __typename }', who['session ADMIN'].headers)
})

const ask = (query: string, variables?: object) => askGraphql(query, who['session ADMIN'].headers, variables)

const times = (count: number, part: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => part(n)).join(' ')
/** Trace and session lead to each other. */
const nested = (depth: number) =>
  `{ getSpanByOtelId(spanId: "x") { ${'trace { rootSpan { '.repeat(depth / 2)}name${' } }'.repeat(depth / 2)} } }`
const bomb = (levels: number) =>
  `{ viewer { ...f0 } } ${times(levels, (n) => `fragment f${n} on User { ...f${n + 1} ...f${n + 1} }`)} fragment f${levels} on User { id }`

// biome-ignore format: a table is read by column
const HOSTILE: [name: string, query: string, sentence: RegExp][] = [
  ['depth 14', nested(14), /levels deep/],
  ['depth 500', nested(500), /levels deep|too long/],
  ['depth 80,000', nested(80_000), /too long/],
  ['brackets without end', '{a'.repeat(300_000), /too long/],
  ['a value without end', `{ node(id: ${'['.repeat(1_900)}`, /too long|Syntax Error/],
  ['40,000 aliases', `{ ${times(40_000, (n) => `a${n}: __typename`)} }`, /too long/],
  ['1,500 fields of one name', `{ ${'viewer '.repeat(1_500)} }`, /fields of one name/],
  ['a fragment in a circle', '{ viewer { ...a } } fragment a on User { id ...a }', /leads back to itself/],
  ['two fragments in a circle', '{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }', /leads back to itself/],
  ['an unused fragment in a circle', '{ viewer { id } } fragment a on User { ...a }', /leads back to itself/],
  ['fragments that double 40 times', bomb(40), /fields of one name/],
  ['10,001 projects', '{ projects(first: 10001) { edges { cursor } } }', /10000 objects/],
  ['101 × 100 spans', '{ projects(first: 101) { edges { node { spans(first: 100) { edges { cursor } } } } } }', /10000 objects/],
  ['the last 20,000 accounts', '{ users(last: 20000) { edges { cursor } } }', /10000 objects/],
  ['keys of accounts of keys', '{ users { edges { node { apiKeys { user { apiKeys { user { id } } } } } } } }', /10000 objects/],
  ['all keys 300 times', `{ ${times(300, (n) => `a${n}: userApiKeys { id }`)} }`, /10000 objects/],
  ['introspection in circles', '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }', /introspection/i],
  ['11 mutations', `mutation { ${times(11, (n) => `a${n}: deleteUsers(input: { userIds: [] }) { userIds }`)} }`, /At most 10 mutations/],
]

describe('is refused with a sentence', () => {
  test.each(HOSTILE)('%s', async (_name, query, sentence) => {
    const start = performance.now()
    const answer = await ask(query)
    const took = performance.now() - start
    expect([answer.status, answer.json.data]).toEqual([200, null])
    expect(answer.errors).toMatch(sentence)
    expect(answer.errors.length).toBeLessThan(2_000)
    // Far above what it takes; a walk that does not end would take seconds.
    expect(took).toBeLessThan(1_000)
  })

  test('5 MB of body', async () => {
    const answer = await ask(`{ viewer { id } } #${'x'.repeat(5_000_000)}`)
    expect([answer.status, answer.text]).toEqual([413, expect.stringMatching(/larger than/)])
  })

  test('100,000 aliases', async () => {
    const answer = await ask(`{ ${times(100_000, (n) => `a${n}: __typename`)} }`)
    expect([answer.status, answer.text]).toEqual([413, expect.stringMatching(/larger than/)])
  })

  test('a length that comes as a variable', async () => {
    const answer = await ask('query($n: Int!) { projects(first: $n) { edges { cursor } } }', {
      n: 2_000_000_000,
    })
    expect(answer.errors).toMatch(/10000 objects/)
  })
})

describe('is answered', () => {
  test('what lies within the limits', async () => {
    expect((await ask(nested(10))).errors).toBe('')
    expect(
      (await ask('{ projects(first: 100) { edges { node { spans(first: 99) { edges { cursor } } } } } }'))
        .errors,
    ).toBe('')
    expect((await ask(`{ ${times(200, (n) => `a${n}: viewer { id }`)} }`)).errors).toBe('')
  })

  test('the introspection that tools send', async () => {
    const { data, errors } = await ask(
      getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    )
    expect(errors).toBe('')
    expect(data.__schema.queryType.name).toBe('Query')
  })
})
