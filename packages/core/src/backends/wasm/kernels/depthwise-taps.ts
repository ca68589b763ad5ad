import type { backend_util } from '@tensorflow/tfjs-core'

/** A row of output pixels that one tap of a depthwise filter joins to a row of input pixels, as offsets of first channels. */
export interface TapRow {
  /** Offset of the first pixel in x `[N, H, W, C]`; the next is `inputStep` on. */
  input: number
  inputStep: number
  /** Offset of the first pixel in dy `[N, h, w, C·M]`; the next is C·M on. */
  output: number
  /** Number of pixels. */
  pixels: number
  /** Offset of the tap in the filter `[kh, kw, C, M]`. */
  tap: number
}

/** Visits every row of pairs; the object passed is reused. */
export function forEachDepthwiseTap(convolution: backend_util.Conv2DInfo, visit: (row: TapRow) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = convolution
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = convolution
  const row: TapRow = { input: 0, inputStep: strideWidth * inChannels, output: 0, pixels: 0, tap: 0 }
  for (let image = 0; image < batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
        const y = outRow * strideHeight + tapRow * dilationHeight - padInfo.top
        if (y < 0 || y >= inHeight) continue
        for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
          const left = tapColumn * dilationWidth - padInfo.left
          const first = Math.max(0, Math.ceil(-left / strideWidth))
          row.pixels = Math.min(outWidth, Math.ceil((inWidth - left) / strideWidth)) - first
          row.input = ((image * inHeight + y) * inWidth + left + first * strideWidth) * inChannels
          row.output = ((image * outHeight + outRow) * outWidth + first) * outChannels
          row.tap = (tapRow * filterWidth + tapColumn) * outChannels
          visit(row)
        }
      }
    }
  }
}
