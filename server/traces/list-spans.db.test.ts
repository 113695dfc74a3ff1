import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { listSpans } from '#server/traces/list-spans'
import { readAttributeTest, type SpanFilter } from '#server/traces/span-filter'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { insertTrace, newTraceId, TEST_START } from '../../test/traces'

let runtime: TestRuntime
let projectId: number

const TRACE_A = newTraceId()
const TRACE_B = newTraceId()
const id = (digit: number) => String(digit).repeat(16)

beforeAll(async () => {
  runtime = await createTestRuntime()
  await insertTrace(runtime, {
    project: 'p',
    traceId: TRACE_A,
    spans: [
      { spanId: id(1), name: 'root', kind: 'CHAIN', status: 'OK', attributes: { user: { id: 'ann' } } },
      { spanId: id(2), name: 'call', kind: 'LLM', status: 'ERROR', parent: 0, offset: 10 },
      { spanId: id(3), name: 'call', kind: 'TOOL', status: 'UNSET', parent: 1, offset: 20 },
    ],
  })
  // Other projects' rows lie between, so that ids of the project have gaps.
  await insertTrace(runtime, { project: 'other', spans: Array.from({ length: 7 }, () => ({ name: 'call' })) })
  const trace = await insertTrace(runtime, {
    project: 'p',
    traceId: TRACE_B,
    start: TEST_START + 100,
    spans: [
      { spanId: id(4), name: 'root', kind: 'AGENT', status: 'ERROR' },
      { spanId: id(5), name: 'Root', kind: 'UNKNOWN', parent: 'eeeeeeeeeeeeeeee', offset: -95 },
    ],
  })
  projectId = trace.projectId
})

/** Which spans match, by the digit of their id, newest row first. */
async function find(filter: SpanFilter, more: { idsPerSlice?: number } = {}): Promise<number[]> {
  const { items } = await listSpans(runtime, { projectId, filter, limit: 100, fromId: null, ...more })
  return items.map((span) => Number(span.spanId[0]))
}

describe('filters', () => {
  test.each<[string, SpanFilter, number[]]>([
    ['nothing asked', {}, [5, 4, 3, 2, 1]],
    ['trace', { traceIds: [TRACE_A] }, [3, 2, 1]],
    ['several traces', { traceIds: [TRACE_A, TRACE_B, 'ffff'] }, [5, 4, 3, 2, 1]],
    ['an unknown trace', { traceIds: ['ffff'] }, []],
    ['span', { spanIds: [id(2), id(4), id(9)] }, [4, 2]],
    ['trace and span', { traceIds: [TRACE_B], spanIds: [id(2), id(4)] }, [4]],
    ['name', { names: ['root'] }, [4, 1]],
    ['several names', { names: ['call', 'Root'] }, [5, 3, 2]],
    ['no parent', { parentId: null }, [4, 1]],
    ['a parent', { parentId: id(1) }, [2]],
    ['a parent that is not there', { parentId: 'eeeeeeeeeeeeeeee' }, [5]],
    ['kind', { kinds: ['LLM'] }, [2]],
    ['several kinds', { kinds: ['TOOL', 'AGENT'] }, [4, 3]],
    ['the unknown kind', { kinds: ['UNKNOWN'] }, [5]],
    ['status', { statuses: ['ERROR'] }, [4, 2]],
    ['several statuses', { statuses: ['UNSET', 'OK'] }, [5, 3, 1]],
    ['from a time on, itself included', { startFrom: TEST_START + 10 }, [4, 3, 2]],
    ['before a time, itself excluded', { startBefore: TEST_START + 10 }, [5, 1]],
    ['between times', { startFrom: TEST_START + 5, startBefore: TEST_START + 11 }, [5, 2]],
    ['an empty time', { startFrom: TEST_START + 10, startBefore: TEST_START + 10 }, []],
    [
      'times out of reach',
      { startFrom: -62_135_596_800_000_000, startBefore: 253_402_300_800_000_000 },
      [5, 4, 3, 2, 1],
    ],
    ['time and trace', { traceIds: [TRACE_A], startFrom: TEST_START + 10 }, [3, 2]],
    ['all at once', { names: ['call'], kinds: ['LLM', 'TOOL'], statuses: ['ERROR'], parentId: id(1) }, [2]],
    ['parts that exclude each other', { names: ['root'], kinds: ['LLM'] }, []],
    ['a name with a quote', { names: ["' or 1=1 --"] }, []],
    ['a thousand names', { names: [...Array.from({ length: 999 }, (_, n) => `n${n}`), 'root'] }, [4, 1]],
  ])('by %s', async (_what, filter, expected) => {
    expect(await find(filter)).toEqual(expected)
    expect(await find(filter, { idsPerSlice: 2 })).toEqual(expected)
  })
})

test('a span id is found wherever its rows lie, the one stored last first', async () => {
  const { projectId: scattered } = await insertTrace(runtime, { project: 'scattered' })
  const { spans } = runtime.db.t
  const rowIds = [131_071, 131_072, 131_073, 400_000]
  for (const rowId of rowIds) {
    const trace = await insertTrace(runtime, { project: 'scattered', spans: [{ spanId: id(7) }] })
    await runtime.db.write((tx) => tx.update(spans).set({ id: rowId }).where(eq(spans.traceRowId, trace.id)))
  }
  const filter = { spanIds: [id(7), id(8)] }
  const { items } = await listSpans(runtime, { projectId: scattered, filter, limit: 9, fromId: null })
  expect(items.map((span) => span.id)).toEqual([400_000, 131_073, 131_072, 131_071])
})

describe('pages', () => {
  test.each<[string, SpanFilter]>([
    ['without a filter', {}],
    ['with a filter', { statuses: ['OK', 'ERROR', 'UNSET'] }],
    ['by trace', { traceIds: [TRACE_A, TRACE_B] }],
    ['by time', { startFrom: TEST_START }],
  ])('begin with the row that the cursor names and do not shift, %s', async (_what, filter) => {
    const seen: number[] = []
    let fromId: number | null = null
    do {
      const page: Awaited<ReturnType<typeof listSpans>> = await listSpans(runtime, {
        projectId,
        filter,
        limit: 2,
        fromId,
        idsPerSlice: 3,
      })
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map((span) => Number(span.spanId[0])))
      fromId = page.nextId
    } while (fromId !== null)
    expect(seen).toEqual([5, 4, 3, 2, 1])
  })

  test('rows that arrive meanwhile are on no later page', async () => {
    const first = await listSpans(runtime, { projectId, filter: {}, limit: 2, fromId: null })
    await insertTrace(runtime, { project: 'p', traceId: newTraceId(), spans: [{ name: 'late' }] })
    const second = await listSpans(runtime, { projectId, filter: {}, limit: 9, fromId: first.nextId })
    expect([...first.items, ...second.items].map((span) => Number(span.spanId[0]))).toEqual([5, 4, 3, 2, 1])
  })

  test('a cursor below every row gives an empty last page', async () => {
    expect(await listSpans(runtime, { projectId, filter: {}, limit: 2, fromId: 0 })).toEqual({
      items: [],
      nextId: null,
    })
  })
})

describe('attribute filters', () => {
  const ATTRIBUTES = String.raw`{
    "text":"abc","empty":"","flag":true,"no":false,"word":"true","digits":"5","n":5,"whole":5.0,"half":0.5,
    "big":9223372036854775807,"huge":1e300,"tiny":5e-324,"negative":-7,"nan":"NaN","nothing":null,
    "list":[1,2],"tags":["a"],"object":{"in":{"side":"x"}},"a.b":1,
    "messages":[{"role":"user"},{"role":"tool"}],"dict":{"0":"zero"},
    "qu\"ote":"q","back\\slash":"b","ünï":"u","$":"dollar","[0]":"bracket","it's":"s","__proto__":"p"
  }`
  let attributesProject: number

  beforeAll(async () => {
    const trace = await insertTrace(runtime, {
      project: 'attributes',
      spans: [{ attributes: ATTRIBUTES }, { attributes: {} }],
    })
    attributesProject = trace.projectId
  })

  // biome-ignore format: a table
  const MATCHES = [
    'text:abc', 'text:"abc"', 'empty:""', 'flag:true', 'no:false', 'word:"true"', 'digits:"5"',
    'n:5', 'n:5.0', 'n:5e0', 'whole:5', 'whole:5.0', 'half:0.5', 'half:5e-1', 'big:9223372036854775807', 'huge:1e300',
    'tiny:5e-324', 'negative:-7', 'nan:NaN', 'object.in.side:x', 'object..in. side :x', 'messages.0.role:user',
    'messages.1.role:tool', 'dict.0:zero', 'qu"ote:q', 'back\\slash:b', 'ünï:u', '$:dollar', '[0]:bracket', "it's:s", '__proto__:p',
  ]
  // biome-ignore format: a table
  const MISSES = [
    'text:ABC', 'text:ab', 'text:%', 'flag:"true"', 'flag:1', 'flag:false', 'word:true', 'digits:5', 'n:"5"', 'n:6', 'n:5.1',
    'big:9223372036854775806', 'big:9223372036854775808', 'nothing:"null"', 'nothing:""', 'list:1', 'list:"[1,2]"', 'tags:a',
    'object:x', 'object.in:x', 'absent:1', 'text.deeper:abc', 'messages.2.role:user', 'messages.role:user',
    `n:${'9'.repeat(300)}`, `${Array(64).fill('x').join('.')}:1`, "x' or 1=1 --:1", '"]:1', '$.text:abc', '\\:1',
    'messages.99999999999999999999.role:user', 'messages.-1.role:user', 'messages.00.role:nobody', 'list.0.1:1', 'line\nbreak:1',
    'tab\tkey\u0001:1', 'list[0]:1', 'messages[#-1].role:tool',
  ]

  const count = async (...tests: string[]) => {
    const filter = { attributes: tests.map(readAttributeTest) }
    return (await listSpans(runtime, { projectId: attributesProject, filter, limit: 10, fromId: null })).items
      .length
  }

  test.each(MATCHES)('%s matches', async (text) => {
    expect(await count(text)).toBe(1)
  })

  test.each(MISSES)('%s does not match', async (text) => {
    expect(await count(text)).toBe(0)
  })

  test('all of several must hold', async () => {
    expect(await count('n:5', 'text:abc', 'flag:true')).toBe(1)
    expect(await count('n:5', 'text:abd')).toBe(0)
  })

  test('fifty at once are fine', async () => {
    expect(await count(...Array(50).fill('object.in.side:x'))).toBe(1)
  })
})
