import type { backend_util } from '@tensorflow/tfjs-core'
import { forEachWindow } from './pooling-windows.js'

/**
 * Finds where each window of x `[N, H, W, C]` has its maximum and reports the offset in x, in the order of the outputs.
 *
 * Of equal values the first in row-major order wins, as in Caffe and the cpu backend. A window that is NaN or −∞
 * throughout reports its first cell; one wholly in the padding reports −1.
 */
export function forEachMaximum(
  x: Float32Array | Int32Array,
  pooling: backend_util.Conv2DInfo,
  report: (output: number, position: number, image: number) => void,
): void {
  const { inHeight, inWidth, inChannels, dilationHeight, dilationWidth } = pooling
  forEachWindow(pooling, (image, output, top, bottom, left, right) => {
    const start = image * inHeight * inWidth
    for (let channel = 0; channel < inChannels; channel++) {
      let maximum = Number.NEGATIVE_INFINITY
      let position = top < bottom && left < right ? (start + top * inWidth + left) * inChannels + channel : -1
      for (let y = top; y < bottom; y += dilationHeight) {
        for (let column = left; column < right; column += dilationWidth) {
          const candidate = (start + y * inWidth + column) * inChannels + channel
          const value = x[candidate]!
          if (value > maximum) {
            maximum = value
            position = candidate
          }
        }
      }
      report(output + channel, position, image)
    }
  })
}
