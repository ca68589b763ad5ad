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
