import { MaxPoolGrad } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { forEachMaximum } from './max-positions.js'
import { poolingOf } from './pooling-windows.js'

/**
 * The gradient of max pooling: each output's gradient goes to the first cell that holds the maximum.
 *
 * Replaces a kernel that starts the maximum from the smallest positive number and so loses windows that are all ≤ 0.
 *
 * Shapes: dy `[N, h, w, C]`, input `[N, H, W, C]` → `[N, H, W, C]`, float32.
 */
export const maxPoolGrad: WasmKernel = {
  name: MaxPoolGrad,
  run({ inputs, attrs, backend }) {
    const x = inputs['input']!
    const dy = inputs['dy']!
    return withWorkspace(backend, (workspace) => {
      const dx = workspace.zeros(x.shape)
      const target = workspace.floats(dx)
      const gradient = workspace.floats(dy)
      forEachMaximum(workspace.floats(x), poolingOf(attrs, x.shape, dy.shape), (output, position) => {
        if (position >= 0) target[position]! += gradient[output]!
      })
      return workspace.keep(dx)
    })
  },
}
