/** Sizes that the rows of the tree and their header share. */

/** Height of a row of the tree, px. */
export const ROW_HEIGHT = 32

/** Name, axis, duration. On small screens the name gets most of it. */
export const ROW_GRID =
  'grid grid-cols-[minmax(0,11fr)_minmax(0,5fr)_5rem] items-center gap-2 sm:grid-cols-[minmax(0,5fr)_minmax(0,6fr)_5.5rem] sm:gap-3'

/** Indent of a row, px. Past a dozen levels the steps become small, so that a deep chain keeps its names. */
export function indentOf(depth: number): number {
  const full = Math.min(depth, 12) * 14
  return full + Math.min(Math.max(0, depth - 12), 20) * 2
}
