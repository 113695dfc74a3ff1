import { beforeAll, describe, expect, test } from 'vitest'
import * as otlp from '#app/v1/projects/[project_identifier]/spans/otlpv1/route'
import * as spans from '#app/v1/projects/[project_identifier]/spans/route'
import { encodeGlobalId } from '#server/global-id'
import { call } from '../../../test/call'
import { createPrincipals, type PrincipalName, type Principals } from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'
import { insertTrace, TEST_START } from '../../../test/traces'

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime()
  who = await createPrincipals(runtime)
})

const ROUTES = { spans: spans.GET, 'spans/otlpv1': otlp.GET }
type Route = keyof typeof ROUTES
const BOTH: Route[] = ['spans', 'spans/otlpv1']

const ask = (
  route: Route,
  query = '',
  { as = 'session VIEWER' as PrincipalName, project = 'default' } = {},
) =>
  call(ROUTES[route], {
    path: `/v1/projects/${encodeURIComponent(project)}/${route}${query}`,
    params: { project_identifier: project },
    headers: who[as].headers,
  })

describe.each(BOTH)('GET /v1/projects/{project_identifier}/%s', (route) => {
  test.each<[PrincipalName, number]>([
    ['anonymous', 401],
    ['system key MEMBER ingest', 403],
    ['user key ADMIN ingest', 403],
    ['system key VIEWER read', 200],
    ['user key VIEWER full', 200],
    ['session VIEWER', 200],
    ['session ADMIN', 200],
  ])('answers %s with %d', async (as, status) => {
    expect((await ask(route, '', { as })).status).toBe(status)
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['start_time=yesterday', 'start_time'],
    ['start_time=', 'start_time'],
    ['end_time=2026-02-30', 'end_time'],
    ['name=a%00', 'name'],
    ['trace_id=%00', 'trace_id'],
    ['parent_id=%00', 'parent_id'],
    [Array(51).fill('attribute=a:1').join('&'), 'attribute'],
    [Array(1001).fill('name=a').join('&'), 'name'],
  ])('refuses ?%s by place', async (query, place) => {
    const answer = await ask(route, `?${query}`)
    expect(answer.status).toBe(422)
    expect(answer.json.detail[0].loc.slice(0, 2)).toEqual(['query', place])
  })

  test.each([
    ['cursor=nonsense', 'Invalid cursor'],
    ['status_code=FINE', 'Invalid status_code'],
    ['attribute=nocolon', 'expected format'],
    ['attribute=:x', 'key must not be empty'],
    ['attribute=a:', 'expected format'],
    ['attribute=a:[1]', 'cannot be compared'],
  ])('refuses ?%s with a sentence', async (query, sentence) => {
    const answer = await ask(route, `?${query}`)
    expect(answer.status).toBe(422)
    expect(answer.headers.get('content-type')).toContain('text/plain')
    expect(answer.text).toContain(sentence)
  })

  test('refuses a bad query before it looks for the project', async () => {
    expect((await ask(route, '?attribute=x', { project: 'nobody' })).status).toBe(422)
    expect((await ask(route, '?cursor=x', { project: 'nobody' })).status).toBe(422)
    expect((await ask(route, '', { project: 'nobody' })).status).toBe(404)
  })

  test('gives an empty page for an empty project', async () => {
    const answer = await ask(route)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.text).toBe('{"data":[],"next_cursor":null}')
  })

  test('pages to the end by its cursors', async () => {
    const project = `paged ${route}`
    const trace = await insertTrace(runtime, { project, spans: Array.from({ length: 5 }, () => ({})) })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `?limit=2&cursor=${encodeURIComponent(cursor)}` : '?limit=2'
      const page = (await ask(route, query, { project })).json
      for (const span of page.data) seen.push(span.span_id ?? span.context.span_id)
      cursor = page.next_cursor
      if (cursor) expect(cursor).toBe(encodeGlobalId('Span', trace.spans[4 - seen.length]?.id as number))
    } while (cursor)
    expect(seen).toEqual(trace.spans.map((span) => span.spanId).reverse())
  })

  test('gives a hundred without a limit and a thousand at most', async () => {
    const project = `many ${route}`
    await insertTrace(runtime, { project, spans: Array.from({ length: 1001 }, () => ({})) })
    expect((await ask(route, '', { project })).json.data).toHaveLength(100)
    const page = (await ask(route, '?limit=1000', { project })).json
    expect(page.data).toHaveLength(1000)
    expect(page.next_cursor).not.toBeNull()
  })

  test('finds the project by id, and by a name with blanks, percent signs and other scripts', async () => {
    const name = `100% ünï 語 ${route}`
    const { projectId } = await insertTrace(runtime, { project: name })
    for (const project of [name, encodeGlobalId('Project', projectId)]) {
      expect((await ask(route, '', { project })).json.data).toHaveLength(1)
    }
  })
})

test('the filters of the query reach the rows', async () => {
  const project = 'filtered'
  const { traceId, spans: rows } = await insertTrace(runtime, {
    project,
    spans: [
      { name: 'a b', kind: 'LLM', status: 'ERROR', attributes: { user: { id: 'ann' } } },
      { name: 'c', kind: 'TOOL', parent: 0, offset: 1_000_000 },
    ],
  })
  const names = async (query: string, route: Route = 'spans') =>
    (await ask(route, `?${query}`, { project })).json.data.map((span: { name: string }) => span.name)
  expect(await names('name=a%20b&name=zzz')).toEqual(['a b'])
  expect(await names('span_kind=llm&span_kind=Agent')).toEqual(['a b'])
  expect(await names('status_code=error')).toEqual(['a b'])
  expect(await names('parent_id=null')).toEqual(['a b'])
  expect(await names(`parent_id=${rows[0]?.spanId}`)).toEqual(['c'])
  expect(await names(`trace_id=${traceId}&span_id=${rows[1]?.spanId}`)).toEqual(['c'])
  expect(await names('attribute=user.id:ann')).toEqual(['a b'])
  expect(await names('attribute=user.id:ann', 'spans/otlpv1')).toEqual(['a b'])
  expect(await names('start_time=2026-01-02T03:04:06')).toEqual(['c'])
  expect(await names('start_time=2026-01-02T04:04:06%2B01:00')).toEqual(['c'])
  expect(await names('end_time=2026-01-02T03:04:06Z')).toEqual(['a b'])
})

test('span_kind is unknown to the OTLP form and refused by the plain one', async () => {
  expect((await ask('spans', '?span_kind=CAT')).text).toContain('Invalid span_kind')
  expect((await ask('spans/otlpv1', '?span_kind=CAT')).status).toBe(200)
})

describe('odd but legal data is read back', () => {
  const ODD = String.raw`{"max":9223372036854775807,"min":-9223372036854775808,"nan":"NaN","inf":"-Infinity",
    "huge":1e300,"tiny":5e-324,"tree":{"mixed":[{"a":1},2,"three",null,[4]],"empty":{},"none":[]},
    "replaced":"\ufffd","emoji":"🦩","__proto__":{"x":1},"quote\"":"\\","long":"${'x'.repeat(100_000)}"}`
  let project: string

  beforeAll(async () => {
    project = 'odd'
    const events = [{ name: 'first', offset: 1, attributes: { 'exception.type': 'E' } }]
    await insertTrace(runtime, {
      project,
      start: TEST_START,
      spans: [{ name: '', attributes: ODD, events, statusMessage: 'fine\n"quoted"' }],
    })
  })

  test('flattened', async () => {
    const answer = await ask('spans', '', { project })
    expect(answer.status).toBe(200)
    const text = answer.text.replaceAll(' ', '')
    expect(text).toContain('"max":9223372036854775807')
    expect(text).toContain('"min":-9223372036854775808')
    const { attributes, events, name, status_message } = answer.json.data[0]
    expect(attributes).toMatchObject({
      nan: 'NaN',
      inf: '-Infinity',
      huge: 1e300,
      tiny: 5e-324,
      'tree.mixed.0.a': 1,
      'tree.mixed.1': 2,
      'tree.mixed.2': 'three',
      'tree.mixed.3': null,
      'tree.mixed.4': [4],
      'tree.empty': {},
      'tree.none': [],
      replaced: '\ufffd',
      emoji: '🦩',
      '__proto__.x': 1,
      'quote"': '\\',
    })
    expect(attributes.long).toHaveLength(100_000)
    expect({ name, status_message }).toEqual({ name: '', status_message: 'fine\n"quoted"' })
    expect(events).toEqual([
      {
        name: 'first',
        timestamp: '2026-01-02T03:04:05.000001+00:00',
        attributes: { 'exception.type': 'E' },
      },
    ])
  })

  test('as OTLP', async () => {
    const answer = await ask('spans/otlpv1', '', { project })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('"int_value":9223372036854775807')
    expect(answer.text).toContain('"int_value":-9223372036854775808')
    expect(answer.text).toContain('"start_time_unix_nano":1767323045000000000')
    const values = new Map(
      answer.json.data[0].attributes.map((pair: { key: string; value: object }) => [pair.key, pair.value]),
    )
    expect(values.get('nan')).toMatchObject({ double_value: 'NaN', string_value: null })
    expect(values.get('huge')).toMatchObject({ double_value: 1e300, int_value: null })
    expect(values.get('tiny')).toMatchObject({ double_value: 5e-324 })
    expect(values.get('tree.mixed.2')).toMatchObject({ string_value: 'three' })
    expect(values.get('tree.none')).toMatchObject({ array_value: { values: [] } })
  })
})
