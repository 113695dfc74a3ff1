/** Cuts a list so that each part's bound values fit into one statement. */
export function chunksFor<T>(items: readonly T[], valuesPerItem: number, maxParameters: number): T[][] {
  const size = Math.max(1, Math.floor(maxParameters / valuesPerItem))
  const chunks: T[][] = []
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size))
  return chunks
}
