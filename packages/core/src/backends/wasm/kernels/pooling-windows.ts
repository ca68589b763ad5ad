import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'
import { explicitPad } from './convolution-geometry.js'

/**
 * Sizes and pads of a 2-D pooling over x `[N, H, W, C]`, from a kernel's attributes. A gradient kernel passes the shape
 * of dy, because tfjs does not tell it how the forward rounded.
 */
export function poolingOf(
  attrs: NamedAttrMap,
  inputShape: readonly number[],
  outputShape?: readonly number[],
): backend_util.Conv2DInfo {
  const pooling = backend_util.computePool2DInfo(
    inputShape as [number, number, number, number],
    attrs['filterSize'] as number | [number, number],
    attrs['strides'] as number | [number, number],
    (attrs['dilations'] as number | [number, number] | undefined) ?? 1,
    explicitPad(attrs['pad'] as 'same' | 'valid' | number),
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
  )
  if (outputShape === undefined) return pooling
  return { ...pooling, outHeight: outputShape[1]!, outWidth: outputShape[2]! }
}

/** The part of one pooling window that lies inside the image: rows `[top, bottom)`, columns `[left, right)`. */
export type VisitWindow = (
  image: number,
  output: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
) => void

/** Visits every window in the order of the outputs; `output` is the offset of its first channel. */
export function forEachWindow(pooling: backend_util.Conv2DInfo, visit: VisitWindow): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = pooling
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = pooling
  const { effectiveFilterHeight, effectiveFilterWidth } = pooling
  let output = 0
  for (let image = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const y = row * strideHeight - padInfo.top
      const top = firstInside(y, dilationHeight)
      const bottom = Math.min(inHeight, y + effectiveFilterHeight)
      for (let column = 0; column < outWidth; column++) {
        const x = column * strideWidth - padInfo.left
        visit(image, output, top, bottom, firstInside(x, dilationWidth), Math.min(inWidth, x + effectiveFilterWidth))
        output += inChannels
      }
    }
  }
}

function firstInside(start: number, step: number): number {
  return start >= 0 ? start : start + step * Math.ceil(-start / step)
}
