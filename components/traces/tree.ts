/**
 * The spans of a trace as a tree of rows. Copes with whatever exporters send: several roots, parents that never
 * arrived, spans that are their own ancestors, ids used twice, chains thousands of spans deep (no recursion).
 */
import type { SpanNode } from '#server/traces/model'

export interface TreeSpan {
  span: SpanNode
  parent: TreeSpan | null
  children: TreeSpan[]
  depth: number
  /** Spans below this one. */
  descendants: number
  /** Spans with status ERROR below this one. */
  errorsBelow: number
  /** Why it stands at the top although it names a parent. */
  oddity: 'orphan' | 'cycle' | null
}

export interface SpanTree {
  roots: TreeSpan[]
  byRowId: Map<number, TreeSpan>
  start: number
  end: number
}

const byStart = (a: TreeSpan, b: TreeSpan) => a.span.startTime - b.span.startTime || a.span.id - b.span.id

/** Builds the tree: siblings and roots in order of their start. */
export function buildTree(spans: readonly SpanNode[]): SpanTree {
  const nodes = spans.map(bare).sort(byStart)
  // Of two spans with one id, the earlier is the parent of whoever names it.
  const bySpanId = new Map<string, TreeSpan>()
  for (const node of nodes) if (!bySpanId.has(node.span.spanId)) bySpanId.set(node.span.spanId, node)

  for (const node of nodes) {
    const parent = node.span.parentId === null ? null : (bySpanId.get(node.span.parentId) ?? null)
    if (parent === node) node.oddity = 'cycle'
    else if (parent) node.parent = parent
    else if (node.span.parentId !== null) node.oddity = 'orphan'
  }
  cutCycles(nodes)

  const roots: TreeSpan[] = []
  for (const node of nodes) (node.parent?.children ?? roots).push(node)
  sumUp(roots)
  return {
    roots,
    byRowId: new Map(nodes.map((node) => [node.span.id, node])),
    start: spans.reduce((least, span) => Math.min(least, span.startTime), Number.POSITIVE_INFINITY),
    end: spans.reduce((most, span) => Math.max(most, span.endTime), Number.NEGATIVE_INFINITY),
  }
}

function bare(span: SpanNode): TreeSpan {
  return { span, parent: null, children: [], depth: 0, descendants: 0, errorsBelow: 0, oddity: null }
}

/** Makes the earliest span of each ring a root. */
function cutCycles(nodes: TreeSpan[]) {
  const settled = new Set<TreeSpan>()
  for (const start of nodes) {
    const path: TreeSpan[] = []
    const onPath = new Set<TreeSpan>()
    let node: TreeSpan | null = start
    while (node && !settled.has(node) && !onPath.has(node)) {
      path.push(node)
      onPath.add(node)
      node = node.parent
    }
    if (node && onPath.has(node)) {
      const ring = path.slice(path.indexOf(node)).sort(byStart)
      const first = ring[0] as TreeSpan
      first.parent = null
      first.oddity = 'cycle'
    }
    for (const seen of path) settled.add(seen)
  }
}

/** Depths on the way down, sums on the way up. */
function sumUp(roots: TreeSpan[]) {
  const order: TreeSpan[] = []
  const waiting = [...roots]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    order.push(node)
    for (const child of node.children) {
      child.depth = node.depth + 1
      waiting.push(child)
    }
  }
  for (const node of order.reverse()) {
    if (!node.parent) continue
    node.parent.descendants += node.descendants + 1
    node.parent.errorsBelow += node.errorsBelow + (node.span.statusCode === 'ERROR' ? 1 : 0)
  }
}

/** The rows to show, top to bottom, without what lies below a collapsed span. */
export function visibleRows(tree: SpanTree, collapsed: ReadonlySet<number>): TreeSpan[] {
  const rows: TreeSpan[] = []
  const waiting = [...tree.roots].reverse()
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    rows.push(node)
    if (collapsed.has(node.span.id)) continue
    for (let i = node.children.length - 1; i >= 0; i--) waiting.push(node.children[i] as TreeSpan)
  }
  return rows
}

/** The spans above one, nearest first. */
export function ancestorsOf(node: TreeSpan): TreeSpan[] {
  const above: TreeSpan[] = []
  for (let up = node.parent; up; up = up.parent) above.push(up)
  return above
}

/** The spans whose name, kind or id contains the text, in the order of the tree. */
export function searchTree(tree: SpanTree, text: string): TreeSpan[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  return visibleRows(tree, new Set()).filter(
    ({ span }) =>
      span.name.toLowerCase().includes(wanted) ||
      span.spanKind.toLowerCase() === wanted ||
      span.spanId.startsWith(wanted),
  )
}
