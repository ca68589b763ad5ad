import { MaxPoolWithArgmax } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { forEachMaximum } from './max-positions.js'
import { poolingOf } from './pooling-windows.js'

/**
 * Max pooling that also says where each maximum was.
 *
 * Replaces a kernel that starts the maximum from the smallest positive number and so is wrong for windows all ≤ 0.
 *
 * Shapes: x `[N, H, W, C]` → pooled `[N, h, w, C]` of x's type and positions `[N, h, w, C]` int32, counted in the
 * flattened image, or in the flattened batch with `includeBatchInIndex`.
 */
export const maxPoolWithArgmax: WasmKernel = {
  name: MaxPoolWithArgmax,
  run({ inputs, attrs, backend }) {
    const x = inputs['x']!
    const pooling = poolingOf(attrs, x.shape)
    const imageSize = attrs['includeBatchInIndex'] ? 0 : pooling.inHeight * pooling.inWidth * pooling.inChannels
    return withWorkspace(backend, (workspace) => {
      const pooled = workspace.allocate(pooling.outShape, x.dtype === 'int32' ? 'int32' : 'float32')
      const positions = workspace.allocate(pooling.outShape, 'int32')
      const values = workspace.values(x)
      const maxima = workspace.values(pooled)
      const places = workspace.values(positions)
      forEachMaximum(values, pooling, (output, position, image) => {
        maxima[output] = position < 0 ? 0 : values[position]!
        places[output] = position < 0 ? -1 : position - image * imageSize
      })
      return [workspace.keep(pooled), workspace.keep(positions)]
    })
  },
}
