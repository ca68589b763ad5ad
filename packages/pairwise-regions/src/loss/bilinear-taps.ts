/** For each pixel of a window along one axis: the cell before it and the share of the next cell. */
export interface BilinearTaps {
  readonly cell: Int32Array
  readonly share: Float64Array
}

/**
 * Bilinear upsampling of `window` cells to `window·stride` pixels: pixel t lies at cell `(t + ½)/stride − ½`, at the
 * edges the outermost cell continues. OpenCV's and PyTorch's (`align_corners=False`) convention.
 */
export function bilinearTaps(window: number, stride: number): BilinearTaps {
  const cell = new Int32Array(window * stride)
  const share = new Float64Array(window * stride)
  for (let pixel = 0; pixel < cell.length; pixel++) {
    const place = Math.min(Math.max((pixel + 0.5) / stride - 0.5, 0), window - 1)
    cell[pixel] = Math.min(Math.floor(place), Math.max(0, window - 2))
    share[pixel] = place - cell[pixel]
  }
  return { cell, share }
}

/** The same as a matrix `[window·stride, window]`, row-major: each row sums to 1. */
export function bilinearMatrix(window: number, stride: number): Float32Array {
  const { cell, share } = bilinearTaps(window, stride)
  const matrix = new Float32Array(cell.length * window)
  for (let pixel = 0; pixel < cell.length; pixel++) {
    matrix[pixel * window + cell[pixel]] += 1 - share[pixel]
    if (share[pixel] > 0) matrix[pixel * window + cell[pixel] + 1] += share[pixel]
  }
  return matrix
}
