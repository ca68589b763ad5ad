/** Signed distance to an outline in units of the object's radius: negative inside, positive outside. */
export type Outline = (x: number, y: number) => number

/** A corner of a polygon, in units of the object's radius. */
export type Corner = readonly [x: number, y: number]

export const disc: Outline = (x, y) => Math.hypot(x, y) - 1

/** A disc with a round hole. */
export function ring(holeRadius: number): Outline {
  const middle = (1 + holeRadius) / 2
  return (x, y) => Math.abs(Math.hypot(x, y) - middle) - (1 - holeRadius) / 2
}

/** A simple polygon; distances are exact. */
export function polygon(corners: readonly Corner[]): Outline {
  return (x, y) => {
    let squared = Number.POSITIVE_INFINITY
    let inside = false
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [ax, ay] = corners[i]
      const [bx, by] = corners[j]
      const ex = bx - ax
      const ey = by - ay
      const t = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)))
      squared = Math.min(squared, (x - ax - ex * t) ** 2 + (y - ay - ey * t) ** 2)
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
    }
    return inside ? -Math.sqrt(squared) : Math.sqrt(squared)
  }
}

/** A rectangle whose corners lie on the unit circle. */
export function box(aspect: number): Outline {
  const halfWidth = 1 / Math.hypot(1, aspect)
  const halfHeight = aspect * halfWidth
  return polygon([
    [-halfWidth, -halfHeight],
    [halfWidth, -halfHeight],
    [halfWidth, halfHeight],
    [-halfWidth, halfHeight],
  ])
}

/** A star with its points on the unit circle and its notches at `innerRadius`; three points without notches make a triangle. */
export function star(points: number, innerRadius: number): Outline {
  return polygon(
    Array.from({ length: points * 2 }, (_, i) => {
      const angle = (i * Math.PI) / points - Math.PI / 2
      const radius = i % 2 === 0 ? 1 : innerRadius
      return [Math.cos(angle) * radius, Math.sin(angle) * radius] as const
    }),
  )
}
