/** A sliding window along one axis; zeros (or cells taken off) on both sides alike. */
export interface Window {
  readonly kernel: number
  readonly stride: number
  readonly pad: number
  readonly dilation: number
}

/** Output cells of a sliding window, null where the input size is free; Caffe's floor rule for convolution. */
export function convolvedSize(size: number | null, { kernel, stride, pad, dilation }: Window): number | null {
  return size === null ? null : Math.floor((size + 2 * pad - (dilation * (kernel - 1) + 1)) / stride) + 1
}

/** Output cells of a transposed convolution, null where the input size is free. */
export function transposedSize(size: number | null, { kernel, stride, pad, dilation }: Window): number | null {
  return size === null ? null : stride * (size - 1) + dilation * (kernel - 1) + 1 - 2 * pad
}

/** Output cells of a pooling, as `maxPool` counts them: ceil without a last window that starts beyond the map, or floor. */
export function pooledSize(
  size: number | null,
  { window, stride, pad, rounding }: { window: number; stride: number; pad: number; rounding: 'ceil' | 'floor' },
): number | null {
  if (size === null) return null
  const windows = (size + 2 * pad - window) / stride + 1
  const count = rounding === 'ceil' ? Math.ceil(windows) : Math.floor(windows)
  return rounding === 'ceil' && (count - 1) * stride >= size + pad ? count - 1 : count
}
