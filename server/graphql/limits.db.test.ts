/** Hostile queries: each is refused with a sentence that names its limit, before anything is read. */
import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { askGraphql } from '../../test/graphql'
import { HOSTILE, nested, times } from '../../test/hostile-queries'
import { durationOf, leastOf } from '../../test/least-of'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime } from '../../test/runtime'

let who: Principals

beforeAll(async () => {
  who = await createPrincipals(await createTestRuntime())
  // Not what the clocks below are about: the schema is made at the first query of a process.
  await askGraphql('{ __typename }', who['session ADMIN'].headers)
})

const ask = (query: string, variables?: object) => askGraphql(query, who['session ADMIN'].headers, variables)

describe('is refused with a sentence', () => {
  test.each(HOSTILE)('%s', async (_name, query, sentence) => {
    const refused = async () => {
      const answer = await ask(query)
      expect([answer.status, answer.json.data]).toEqual([200, null])
      expect(answer.errors).toMatch(sentence)
      expect(answer.errors.length).toBeLessThan(2_000)
    }
    const took = await leastOf(5, 1_000, () => durationOf(refused))
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

  test.each([
    'spans(first: 100) { edges { node { name events { name } spanAnnotations { name } documentEvaluations { name } } } }',
    'spans(first: 1000) { edges { node { name context { spanId } spanAnnotations { id name label score } } } }',
  ])('what scripts ask of spans: %s', async (fields) => {
    const query = `{ node(id: "${btoa('Project:1')}") { ... on Project { ${fields} } } }`
    expect((await ask(query)).errors).toBe('')
  })

  test('what scripts ask of accounts', async () => {
    const query = '{ users(first: 200) { edges { node { username role { name } apiKeys { id } } } } }'
    expect((await ask(query)).errors).toBe('')
  })

  test('any text, whatever stands in it, without an error of the server', async () => {
    const query = `query($t: String!, $i: ID!) { secrets(keys: [$t]) { edges { cursor } } getSpanByOtelId(spanId: $t) { id }
      node(id: "${btoa('Project:1')}") { ... on Project { trace(traceId: $i) { id } } } }`
    for (const text of ['\0', '\ud800', '', "';--", '\u202e'])
      expect((await ask(query, { t: text, i: text })).errors).toBe('')
    const find = 'query($i: ID!) { node(id: $i) { id } }'
    for (const text of [
      '\0',
      '\ud800',
      btoa('Secret:\0'),
      btoa(`User:${'9'.repeat(16)}`),
      btoa('Trace:9007199254740991'),
    ])
      expect((await ask(find, { i: text })).errors).toMatch(/not found|Invalid id/)
  })

  test('the introspection that tools send', async () => {
    const { data, errors } = await ask(
      getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    )
    expect(errors).toBe('')
    expect(data.__schema.queryType.name).toBe('Query')
  })
})
