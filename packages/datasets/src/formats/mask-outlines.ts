import type { LabelMap } from '@pixelwise/masks'

/** The outlines of a region along pixel edges, `[x, y, x, y, …]` each, and whether some of them run around holes. */
export interface MaskOutlines {
  readonly outlines: readonly number[][]
  readonly hasHoles: boolean
}

/** Right, down, left, up: turning right adds one. */
const steps = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const

/**
 * Walks around all pixels of one label, the region on the right hand; regions that touch only at a corner are walked apart.
 * Drawing the outlines as polygons gives the same pixels again, if there are no holes.
 */
export function maskOutlines({ height, width, labels }: LabelMap, label: number): MaskOutlines {
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === label
  /** Whether the edge that leaves corner (x, y) in a direction has the region on its right and not on its left. */
  const isEdge = (x: number, y: number, direction: number) => {
    const right = [inside(x, y), inside(x - 1, y), inside(x - 1, y - 1), inside(x, y - 1)]
    return right[direction] && !right[(direction + 3) % 4]
  }
  const walked = new Set<number>()
  const keyOf = (x: number, y: number, direction: number) => (y * (width + 1) + x) * 4 + direction
  const outlines: number[][] = []
  let hasHoles = false
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      // Every outline has an edge to the right: the top of its uppermost pixels, or of the pixels below a hole.
      if (!isEdge(x, y, 0) || walked.has(keyOf(x, y, 0))) continue
      const corners = walk(x, y, isEdge, (cx, cy, direction) => walked.add(keyOf(cx, cy, direction)))
      if (signedArea(corners) > 0) outlines.push(corners)
      else hasHoles = true
    }
  }
  return { outlines, hasHoles }
}

function walk(
  startX: number,
  startY: number,
  isEdge: (x: number, y: number, direction: number) => boolean,
  visit: (x: number, y: number, direction: number) => void,
): number[] {
  const corners = [startX, startY]
  let [x, y, direction] = [startX, startY, 0]
  for (;;) {
    visit(x, y, direction)
    x += steps[direction][0]
    y += steps[direction][1]
    // Right, straight on, left: the sharpest right turn stays with the same pixels where two regions touch at a corner.
    const next =
      [1, 0, 3].map((turn) => (direction + turn) % 4).find((candidate) => isEdge(x, y, candidate)) ?? direction
    if (x === startX && y === startY && next === 0) return corners
    if (next !== direction) corners.push(x, y)
    direction = next
  }
}

/** Positive for outlines that run clockwise with y downwards. */
function signedArea(corners: readonly number[]): number {
  let area = 0
  for (let i = 0; i < corners.length; i += 2) {
    const next = (i + 2) % corners.length
    area += corners[i] * corners[next + 1] - corners[next] * corners[i + 1]
  }
  return area / 2
}
