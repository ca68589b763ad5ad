import { MaxPoolGrad, type TensorInfo } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { forEachWindow, poolingOf } from './pooling-windows.js'

/**
 * The gradient of max pooling: each output's gradient goes to the first cell, row by row, that holds the output's value.
 *
 * Replaces a kernel that starts the maximum from the smallest positive number and so loses windows that are all ≤ 0.
 *
 * Shapes: dy and output `[N, h, w, C]`, input `[N, H, W, C]` → `[N, H, W, C]`, float32.
 */
export const maxPoolGrad: WasmKernel = {
  name: MaxPoolGrad,
  run({ inputs, attrs, backend }) {
    const { dy, input, output } = inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo }
    const pooling = poolingOf(attrs, input.shape, dy.shape)
    const { inHeight, inWidth, inChannels } = pooling
    return withWorkspace(backend, (workspace) => {
      const dx = workspace.zeros(input.shape)
      const target = workspace.floats(dx)
      const x = workspace.floats(input)
      const maxima = workspace.floats(output)
      const gradient = workspace.floats(dy)
      forEachWindow(pooling, (image, start, top, bottom, left, right) => {
        const origin = image * inHeight * inWidth
        for (let channel = 0; channel < inChannels; channel++) {
          const maximum = maxima[start + channel]!
          search: for (let y = top; y < bottom; y++) {
            const row = (origin + y * inWidth) * inChannels + channel
            for (let cell = row + left * inChannels, end = row + right * inChannels; cell < end; cell += inChannels) {
              if (x[cell] === maximum) {
                target[cell]! += gradient[start + channel]!
                break search
              }
            }
          }
        }
      })
      return workspace.keep(dx)
    })
  },
}
