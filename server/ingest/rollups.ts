/**
 * Sums over a span and everything below it, and the span that stands for a trace. Pure: the store loads the narrow
 * rows of a trace, adds what is new, and writes what changed.
 */

/** What is summed up. */
export interface Counts {
  errors: number
  promptTokens: number
  completionTokens: number
}

/** A span as its trace's sums need it. `id` is the row id, which grows in the order of arrival. */
export interface Node {
  id: number
  spanId: string
  parentId: string | null
  startTime: number
}

export const addCounts = (a: Counts, b: Counts): Counts => ({
  errors: a.errors + b.errors,
  promptTokens: a.promptTokens + b.promptTokens,
  completionTokens: a.completionTokens + b.completionTokens,
})

export const sameCounts = (a: Counts, b: Counts): boolean =>
  a.errors === b.errors && a.promptTokens === b.promptTokens && a.completionTokens === b.completionTokens

/** Who lies below whom in one trace. A span is a root when its parent is not stored, or when it closes a cycle. */
export class TraceTree<N extends Node> {
  readonly #nodes: readonly N[]
  readonly #parents: Map<N, N>

  constructor(nodes: readonly N[]) {
    this.#nodes = nodes
    this.#parents = linkParents(nodes)
  }

  parentOf(node: N): N | null {
    return this.#parents.get(node) ?? null
  }

  /** The root that started first; of several, the one that came first. Null for an empty trace. */
  earliestRoot(): N | null {
    let root: N | null = null
    for (const node of this.#nodes) {
      if (this.#parents.has(node)) continue
      if (
        !root ||
        node.startTime < root.startTime ||
        (node.startTime === root.startTime && node.id < root.id)
      ) {
        root = node
      }
    }
    return root
  }

  /** Each node's sum over itself and everything below it, from what each counts for itself. */
  sumUp(own: (node: N) => Counts): Map<N, Counts> {
    const totals = new Map(this.#nodes.map((node) => [node, own(node)]))
    for (const node of this.#childrenFirst()) {
      const parent = this.#parents.get(node)
      if (parent) totals.set(parent, addCounts(totals.get(parent) as Counts, totals.get(node) as Counts))
    }
    return totals
  }

  /** Every node after all of its children. Without recursion: a trace may be one chain of thousands. */
  *#childrenFirst(): Generator<N> {
    const waitingFor = new Map<N, number>()
    for (const parent of this.#parents.values()) waitingFor.set(parent, (waitingFor.get(parent) ?? 0) + 1)
    const ready = this.#nodes.filter((node) => !waitingFor.has(node))
    for (let node = ready.pop(); node; node = ready.pop()) {
      yield node
      const parent = this.#parents.get(node)
      if (!parent) continue
      const left = (waitingFor.get(parent) as number) - 1
      waitingFor.set(parent, left)
      if (left === 0) ready.push(parent)
    }
  }
}

function linkParents<N extends Node>(nodes: readonly N[]): Map<N, N> {
  const bySpanId = new Map(nodes.map((node) => [node.spanId, node]))
  const parents = new Map<N, N>()
  for (const node of nodes) {
    const parent = node.parentId === null ? undefined : bySpanId.get(node.parentId)
    if (parent) parents.set(node, parent)
  }
  cutCycles(nodes, parents)
  return parents
}

/** In each cycle the span that came last, the one that closed it, loses its parent. */
function cutCycles<N extends Node>(nodes: readonly N[], parents: Map<N, N>): void {
  const settled = new Set<N>()
  for (const start of nodes) {
    if (settled.has(start)) continue
    const walk = new Set<N>()
    let node: N | undefined = start
    while (node && !settled.has(node) && !walk.has(node)) {
      walk.add(node)
      node = parents.get(node)
    }
    if (node && walk.has(node)) parents.delete(lastOfCycle(node, parents))
    for (const walked of walk) settled.add(walked)
  }
}

function lastOfCycle<N extends Node>(entry: N, parents: Map<N, N>): N {
  let last = entry
  for (let node = parents.get(entry) as N; node !== entry; node = parents.get(node) as N) {
    if (node.id > last.id) last = node
  }
  return last
}
