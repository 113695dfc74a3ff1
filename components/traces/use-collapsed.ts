import { useCallback, useState } from 'react'
import { ancestorsOf, type SpanTree as Tree } from './tree'

/** Which spans are folded. What is new in a growing trace is open. */
export function useCollapsed(tree: Tree) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(new Set())
  const toggle = useCallback((rowId: number) => {
    setCollapsed((before) => {
      const after = new Set(before)
      if (!after.delete(rowId)) after.add(rowId)
      return after
    })
  }, [])
  /** Opens whatever hides the span. */
  const reveal = useCallback(
    (rowId: number) => {
      const node = tree.byRowId.get(rowId)
      const hiding = node ? ancestorsOf(node).map((above) => above.span.id) : []
      setCollapsed((before) => {
        if (!hiding.some((id) => before.has(id))) return before
        const after = new Set(before)
        for (const id of hiding) after.delete(id)
        return after
      })
    },
    [tree],
  )
  return { collapsed, toggle, setCollapsed, reveal }
}

/** Every span that has others below it. */
export function parentsOf(tree: Tree): Set<number> {
  const parents = new Set<number>()
  for (const node of tree.byRowId.values()) if (node.children.length > 0) parents.add(node.span.id)
  return parents
}
