export interface Point {
  x: number
  y: number
}

/** How fast a value grows: the slope of the line of least squares through points, in units of y for each unit of x. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread
}

/** The lowest point of each stretch of x that is so wide, from the first on: what is left of a value that goes up and down all the time. */
export function floorOf(points: readonly Point[], width: number): Point[] {
  const begin = points[0]?.x ?? 0
  const lowest = new Map<number, Point>()
  for (const point of points) {
    const stretch = Math.floor((point.x - begin) / width)
    const known = lowest.get(stretch)
    if (!known || point.y < known.y) lowest.set(stretch, point)
  }
  return [...lowest.values()]
}
