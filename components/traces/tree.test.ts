import { describe, expect, it } from 'vitest'
import type { SpanNode } from '#server/traces/model'
import { ancestorsOf, buildTree, searchTree, type TreeSpan, visibleRows } from './tree'

let nextId = 1
function span(
  spanId: string,
  parentId: string | null,
  startTime = 0,
  more: Partial<SpanNode> = {},
): SpanNode {
  return {
    id: nextId++,
    spanId,
    parentId,
    name: `span ${spanId}`,
    spanKind: 'CHAIN',
    startTime,
    endTime: startTime + 10,
    statusCode: 'UNSET',
    statusMessage: '',
    promptTokens: null,
    completionTokens: null,
    cumulativeErrorCount: 0,
    cumulativePromptTokens: 0,
    cumulativeCompletionTokens: 0,
    ...more,
  }
}

const outline = (rows: TreeSpan[]) => rows.map((row) => `${'-'.repeat(row.depth)}${row.span.spanId}`)
const all = (spans: SpanNode[]) => outline(visibleRows(buildTree(spans), new Set()))

describe('buildTree', () => {
  it('nests spans below their parents in order of start', () => {
    expect(all([span('c', 'a', 3), span('b', 'a', 2), span('a', null, 1), span('d', 'b', 4)])).toEqual([
      'a',
      '-b',
      '--d',
      '-c',
    ])
  })

  it('puts a span whose parent never arrived at the top and says so', () => {
    const tree = buildTree([span('a', null, 1), span('b', 'gone', 2)])
    expect(tree.roots.map((root) => [root.span.spanId, root.oddity])).toEqual([
      ['a', null],
      ['b', 'orphan'],
    ])
  })

  it('shows several roots by start', () => {
    expect(all([span('b', null, 2), span('a', null, 1)])).toEqual(['a', 'b'])
  })

  it('takes a span that is its own parent as a root', () => {
    expect(buildTree([span('a', 'a')]).roots.map((root) => root.oddity)).toEqual(['cycle'])
  })

  it('opens a ring at its earliest span and keeps what hangs on it', () => {
    const spans = [span('a', 'c', 3), span('b', 'a', 1), span('c', 'b', 2), span('d', 'c', 4)]
    expect(all(spans)).toEqual(['b', '-c', '--a', '--d'])
  })

  it('shows both spans of a shared id, and children once', () => {
    expect(all([span('a', null, 1), span('a', null, 2), span('b', 'a', 3)])).toEqual(['a', '-b', 'a'])
  })

  it('counts descendants and errors up to the root', () => {
    const tree = buildTree([
      span('a', null, 1),
      span('b', 'a', 2),
      span('c', 'b', 3, { statusCode: 'ERROR' }),
      span('d', 'a', 4),
    ])
    expect(tree.roots.map((root) => [root.descendants, root.errorsBelow])).toEqual([[3, 1]])
  })

  it('survives a chain of 50,000 spans', () => {
    const spans = Array.from({ length: 50_000 }, (_, i) => span(`s${i}`, i === 0 ? null : `s${i - 1}`, i))
    const tree = buildTree(spans)
    expect(tree.roots[0]?.descendants).toBe(49_999)
    expect(visibleRows(tree, new Set()).at(-1)?.depth).toBe(49_999)
  })
})

it('hides what lies below a collapsed span', () => {
  const spans = [span('a', null, 1), span('b', 'a', 2), span('c', 'b', 3), span('d', 'a', 4)]
  const tree = buildTree(spans)
  expect(outline(visibleRows(tree, new Set([(spans[1] as SpanNode).id])))).toEqual(['a', '-b', '-d'])
})

it('names the spans above one, nearest first', () => {
  const spans = [span('a', null, 1), span('b', 'a', 2), span('c', 'b', 3)]
  const tree = buildTree(spans)
  const c = tree.byRowId.get((spans[2] as SpanNode).id) as TreeSpan
  expect(outline(ancestorsOf(c))).toEqual(['-b', 'a'])
})

it('finds spans by part of the name, by kind and by the beginning of the id', () => {
  const tree = buildTree([
    span('aa11', null, 1, { name: 'Decide on refund' }),
    span('bb22', 'aa11', 2, { name: 'carrier', spanKind: 'TOOL' }),
  ])
  expect([
    outline(searchTree(tree, 'REFUND')),
    outline(searchTree(tree, 'tool')),
    outline(searchTree(tree, 'bb2')),
  ]).toEqual([['aa11'], ['-bb22'], ['-bb22']])
  expect(searchTree(tree, '  ')).toEqual([])
})
