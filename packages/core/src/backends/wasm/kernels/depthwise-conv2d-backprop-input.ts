import { DepthwiseConv2dNativeBackpropInput } from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'
import { forEachDepthwiseTap } from './depthwise-taps.js'

/**
 * The gradient of a depthwise convolution by its input.
 *
 * Shapes: dy `[N, h, w, C·M]`, filter `[kh, kw, C, M]` → `[N, H, W, C]`, float32.
 */
export const depthwiseConv2dBackpropInput: WasmKernel = {
  name: DepthwiseConv2dNativeBackpropInput,
  run({ inputs, attrs, backend }) {
    const filter = inputs['filter']!
    const shape = attrs['inputShape'] as number[]
    const convolution = channelsLastConvolution(DepthwiseConv2dNativeBackpropInput, attrs, shape, filter.shape, true)
    const { inChannels, outChannels } = convolution
    const multiplier = outChannels / inChannels
    return withWorkspace(backend, (workspace) => {
      const dx = workspace.zeros(shape)
      const target = workspace.floats(dx)
      const taps = workspace.floats(filter)
      const gradient = workspace.floats(inputs['dy']!)
      forEachDepthwiseTap(convolution, (input, output, tap) => {
        for (let channel = 0, at = 0; channel < inChannels; channel++) {
          let sum = 0
          for (let copy = 0; copy < multiplier; copy++, at++) sum += taps[tap + at]! * gradient[output + at]!
          target[input + channel]! += sum
        }
      })
      return workspace.keep(dx)
    })
  },
}
