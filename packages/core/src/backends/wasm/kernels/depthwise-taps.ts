import type { backend_util } from '@tensorflow/tfjs-core'

/**
 * Visits every pair of an input and an output pixel that a tap of a depthwise filter joins; the three offsets are those
 * of the pair's first channels in x `[N, H, W, C]`, dy `[N, h, w, C·M]` and the filter `[kh, kw, C, M]`.
 */
export function forEachDepthwiseTap(
  convolution: backend_util.Conv2DInfo,
  visit: (input: number, output: number, tap: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = convolution
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = convolution
  for (let image = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
        const y = row * strideHeight + tapRow * dilationHeight - padInfo.top
        if (y < 0 || y >= inHeight) continue
        for (let column = 0; column < outWidth; column++) {
          const output = ((image * outHeight + row) * outWidth + column) * outChannels
          for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
            const x = column * strideWidth + tapColumn * dilationWidth - padInfo.left
            if (x < 0 || x >= inWidth) continue
            const input = ((image * inHeight + y) * inWidth + x) * inChannels
            visit(input, output, (tapRow * filterWidth + tapColumn) * outChannels)
          }
        }
      }
    }
  }
}
