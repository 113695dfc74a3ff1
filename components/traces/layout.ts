/** Sizes that the rows of the tree and their header share. */

/** Height of a row of the tree, px. */
export const ROW_HEIGHT = 32

/** Name, axis, duration. On small screens the name gets most of it. */
export const ROW_GRID =
  'grid grid-cols-[minmax(0,11fr)_minmax(0,5fr)_5rem] items-center gap-2 sm:grid-cols-[minmax(0,7fr)_minmax(0,6fr)_5rem] sm:gap-3'

/** Indent of a row, px. Past seven levels the steps become small and then end, so that a deep chain keeps its names. */
export function indentOf(depth: number): number {
  return Math.min(depth, 7) * 14 + Math.min(Math.max(0, depth - 7), 10) * 2
}
