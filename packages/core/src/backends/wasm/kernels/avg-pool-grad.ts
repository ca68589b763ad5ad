import { AvgPoolGrad, type TensorInfo } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { forEachWindow, poolingOf } from './pooling-windows.js'

/**
 * The gradient of average pooling, which divides by the number of cells inside the image.
 *
 * Replaces a kernel that divides by the whole window, also at padded borders, where the forward does not. tfjs's other
 * backends still do.
 *
 * Shapes: dy `[N, h, w, C]`, input `[N, H, W, C]` → `[N, H, W, C]`, float32.
 */
export const avgPoolGrad: WasmKernel = {
  name: AvgPoolGrad,
  run({ inputs, attrs, backend }) {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
    const pooling = poolingOf(attrs, input.shape, dy.shape)
    const { inHeight, inWidth, inChannels } = pooling
    return withWorkspace(backend, (workspace) => {
      const dx = workspace.zeros(input.shape)
      const target = workspace.floats(dx)
      const gradient = workspace.floats(dy)
      forEachWindow(pooling, (image, output, top, bottom, left, right) => {
        const share = 1 / ((bottom - top) * (right - left))
        for (let y = top; y < bottom; y++) {
          const row = (image * inHeight + y) * inWidth
          for (let to = (row + left) * inChannels, end = (row + right) * inChannels; to < end; ) {
            for (let channel = 0; channel < inChannels; channel++) target[to++]! += share * gradient[output + channel]!
          }
        }
      })
      return workspace.keep(dx)
    })
  },
}
