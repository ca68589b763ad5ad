/** One point of a curve. */
export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * A long curve with fewer points that draws the same: of each of `buckets` stretches the first, lowest, highest and
 * last point are kept. Points that are not finite are kept as gaps.
 */
export function thinOut(points: readonly Point[], buckets: number): readonly Point[] {
  if (points.length <= buckets * 4) return points
  const kept: Point[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * points.length) / buckets)
    const to = Math.floor(((bucket + 1) * points.length) / buckets)
    const indices = new Set([from, to - 1])
    let lowest = from
    let highest = from
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(points[i].y)) indices.add(i)
      if (points[i].y < points[lowest].y) lowest = i
      if (points[i].y > points[highest].y) highest = i
    }
    indices.add(lowest).add(highest)
    kept.push(...[...indices].sort((a, b) => a - b).map((i) => points[i]))
  }
  return kept
}
