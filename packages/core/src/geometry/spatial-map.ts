/**
 * Where the cells of one axis of an output look in its input: cell i is centred at `offset + stride·i` and depends on
 * the input cells within `(kernel − 1) / 2` of that centre. Units: input cells (pixels, when the input is the image).
 *
 * Strides are fractions for upsampling: a transposed convolution of kernel K and stride s has stride 1/s and kernel
 * (K − 1)/s + 1, which makes the extent exact at every phase. For a plain convolution kernel is the dilated width.
 */
export interface AxisMap {
  readonly kernel: number
  readonly stride: number
  readonly offset: number
}

/** {@link AxisMap} for rows and for columns. */
export interface SpatialMap {
  readonly rows: AxisMap
  readonly columns: AxisMap
}

/** Two numbers for rows and columns, or one for both. */
export type PerAxis<T = number> = T | readonly [rows: T, columns: T]

const identityAxis: AxisMap = { kernel: 1, stride: 1, offset: 0 }

/** Each cell looks at itself: activations, dropout, 1×1 convolutions. */
export const identityMap: SpatialMap = { rows: identityAxis, columns: identityAxis }

/** Each cell looks at the cell `offset` further down and right: crops (positive), padding (negative). */
export function translation(offset: PerAxis): SpatialMap {
  return bothAxes((axis) => ({ ...identityAxis, offset: at(offset, axis) }))
}

/** Sliding windows of a convolution or pooling: stride s, padding p at the top left, window k dilated by d. */
export function windowMap(window: {
  kernel: PerAxis
  stride?: PerAxis
  pad?: PerAxis
  dilation?: PerAxis
}): SpatialMap {
  return bothAxes((axis) => {
    const kernel = (at(window.kernel, axis) - 1) * at(window.dilation ?? 1, axis) + 1
    return { kernel, stride: at(window.stride ?? 1, axis), offset: (kernel - 1) / 2 - at(window.pad ?? 0, axis) }
  })
}

/** The windows of a transposed convolution: {@link windowMap} read backwards. */
export function transposedWindowMap(window: {
  kernel: PerAxis
  stride?: PerAxis
  pad?: PerAxis
  dilation?: PerAxis
}): SpatialMap {
  const { rows, columns } = windowMap(window)
  return { rows: inverseAxis(rows), columns: inverseAxis(columns) }
}

function inverseAxis({ kernel, stride, offset }: AxisMap): AxisMap {
  return { kernel: (kernel - 1) / stride + 1, stride: 1 / stride, offset: -offset / stride }
}

/**
 * The map of a layer sequence: `inner` looks at the image, `outer` looks at inner's cells.
 *
 * Source: Long 2016, §3.1: (k′, s′)∘(k, s) = (k′ + (k − 1)·s′, s·s′), with the offsets carried along.
 */
export function compose(outer: SpatialMap, inner: SpatialMap): SpatialMap {
  return {
    rows: composeAxis(outer.rows, inner.rows),
    columns: composeAxis(outer.columns, inner.columns),
  }
}

function composeAxis(outer: AxisMap, inner: AxisMap): AxisMap {
  return {
    kernel: clean(inner.kernel + (outer.kernel - 1) * inner.stride),
    stride: clean(inner.stride * outer.stride),
    offset: clean(inner.offset + inner.stride * outer.offset),
  }
}

/** Takes back the last bits that a factor of 3 or 5 leaves beside a half or a whole, so that equal maps compare equal. */
function clean(value: number): number {
  const near = Math.round(value * 64) / 64
  return (Math.abs(near - value) < 1e-9 ? near : value) + 0
}

/** Builds a map axis by axis. */
export function bothAxes(build: (axis: 0 | 1) => AxisMap): SpatialMap {
  return { rows: build(0), columns: build(1) }
}

/** The rows (0) or columns (1) part of a value that may be given once for both. */
export function at<T extends number>(value: PerAxis<T>, axis: 0 | 1): T {
  return typeof value === 'object' ? value[axis] : value
}
