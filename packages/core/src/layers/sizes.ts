/** Output cells of a sliding window, null where the input size is free; Caffe's floor rule for convolution. */
export function convolvedSize(
  size: number | null,
  {
    kernel,
    stride,
    padBefore,
    padAfter,
    dilation,
  }: { kernel: number; stride: number; padBefore: number; padAfter: number; dilation: number },
): number | null {
  if (size === null) return null
  return Math.floor((size + padBefore + padAfter - (dilation * (kernel - 1) + 1)) / stride) + 1
}

/** Output cells of a transposed convolution, null where the input size is free. */
export function transposedSize(
  size: number | null,
  {
    kernel,
    stride,
    padBefore,
    padAfter,
    dilation,
  }: { kernel: number; stride: number; padBefore: number; padAfter: number; dilation: number },
): number | null {
  if (size === null) return null
  return stride * (size - 1) + dilation * (kernel - 1) + 1 - padBefore - padAfter
}

/** Output cells of a pooling: ceil by Caffe's rule (a last window that starts in the padding is dropped), or floor. */
export function pooledSize(
  size: number | null,
  { window, stride, pad, rounding }: { window: number; stride: number; pad: number; rounding: 'ceil' | 'floor' },
): number | null {
  if (size === null) return null
  const windows = (size + 2 * pad - window) / stride + 1
  const count = rounding === 'ceil' ? Math.ceil(windows) : Math.floor(windows)
  return pad > 0 && (count - 1) * stride >= size + pad ? count - 1 : count
}
