import { DepthwiseConv2dNativeBackpropFilter } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'
import { forEachDepthwiseTap } from './depthwise-taps.js'

/**
 * The gradient of a depthwise convolution by its filter.
 *
 * Shapes: x `[N, H, W, C]`, dy `[N, h, w, C·M]` → `[kh, kw, C, M]`, float32.
 */
export const depthwiseConv2dBackpropFilter: WasmKernel = {
  name: DepthwiseConv2dNativeBackpropFilter,
  run({ inputs, attrs, backend }) {
    const x = inputs['x']!
    const shape = attrs['filterShape'] as number[]
    const convolution = channelsLastConvolution(DepthwiseConv2dNativeBackpropFilter, attrs, x.shape, shape, true)
    const { inChannels, outChannels } = convolution
    const multiplier = outChannels / inChannels
    return withWorkspace(backend, (workspace) => {
      const filter = workspace.zeros(shape)
      const target = workspace.floats(filter)
      const image = workspace.floats(x)
      const gradient = workspace.floats(inputs['dy']!)
      forEachDepthwiseTap(convolution, ({ input, inputStep, output, pixels, tap }) => {
        for (let pixel = 0, from = input, at = output; pixel < pixels; pixel++, from += inputStep, at += outChannels) {
          if (multiplier === 1) {
            for (let i = 0; i < outChannels; i++) target[tap + i]! += image[from + i]! * gradient[at + i]!
          } else {
            for (let i = 0; i < outChannels; i++) {
              target[tap + i]! += image[from + Math.floor(i / multiplier)]! * gradient[at + i]!
            }
          }
        }
      })
      return workspace.keep(filter)
    })
  },
}
