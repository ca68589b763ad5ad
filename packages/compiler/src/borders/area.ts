import type { ValueInfo } from '../graph/kernel-graph.js'

/** Cells along an axis, from the first to before the last. */
export interface Extent {
  readonly from: number
  readonly to: number
}

/** A rectangle of cells of a map `[N, H, W, C]`. */
export type Area = readonly [rows: Extent, columns: Extent]

/** All cells of a map; of anything else, one cell that stands for all of it. */
export function wholeArea({ shape }: ValueInfo): Area {
  const isMap = shape.length === 4
  return [
    { from: 0, to: isMap ? shape[1] : 1 },
    { from: 0, to: isMap ? shape[2] : 1 },
  ]
}

/** Does the same along both axes. */
export function alongBoth<T>(make: (axis: 0 | 1) => T): readonly [T, T] {
  return [make(0), make(1)]
}

export function isEmpty(area: Area): boolean {
  return area.some(({ from, to }) => to <= from)
}

export function sameArea(a: Area, b: Area): boolean {
  return a.every(({ from, to }, axis) => from === b[axis].from && to === b[axis].to)
}

export function contains(outer: Area, inner: Area): boolean {
  return inner.every(({ from, to }, axis) => outer[axis].from <= from && to <= outer[axis].to)
}

/** The smallest rectangle around two. */
export function around(a: Area, b: Area): Area {
  return alongBoth((axis) => ({
    from: Math.min(a[axis].from, b[axis].from),
    to: Math.max(a[axis].to, b[axis].to),
  }))
}

export function common(a: Area, b: Area): Area {
  return alongBoth((axis) => ({
    from: Math.max(a[axis].from, b[axis].from),
    to: Math.min(a[axis].to, b[axis].to),
  }))
}
