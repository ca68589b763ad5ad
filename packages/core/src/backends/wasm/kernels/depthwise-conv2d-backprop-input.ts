import {
  type backend_util,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropInput,
  Sum,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'
import { forEachDepthwiseTap } from './depthwise-taps.js'

/**
 * The gradient of a depthwise convolution by its input: with stride 1 a depthwise convolution of dy with the filter
 * turned round, else a sum tap by tap.
 *
 * Shapes: dy `[N, h, w, C·M]`, filter `[kh, kw, C, M]` → `[N, H, W, C]`, float32.
 */
export const depthwiseConv2dBackpropInput: WasmKernel = {
  name: DepthwiseConv2dNativeBackpropInput,
  run({ inputs, attrs, backend }) {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
    const shape = attrs['inputShape'] as number[]
    const convolution = channelsLastConvolution(DepthwiseConv2dNativeBackpropInput, attrs, shape, filter.shape, true)
    return withWorkspace(backend, (workspace) => {
      const gradient = isTurnable(convolution) ? byConvolution : tapByTap
      return workspace.keep(gradient(workspace, dy, filter, convolution))
    })
  },
}

/** Whether the turned convolution exists: stride 1, and no pad so wide that dy would have to be cut. */
function isTurnable(convolution: backend_util.Conv2DInfo): boolean {
  const { strideHeight, strideWidth, padInfo, effectiveFilterHeight, effectiveFilterWidth } = convolution
  const fits = Math.max(padInfo.top, padInfo.bottom) < effectiveFilterHeight
  return strideHeight === 1 && strideWidth === 1 && fits && Math.max(padInfo.left, padInfo.right) < effectiveFilterWidth
}

function byConvolution(
  workspace: Workspace,
  dy: TensorInfo,
  filter: TensorInfo,
  convolution: backend_util.Conv2DInfo,
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = convolution
  const { filterHeight, filterWidth, dilationHeight, dilationWidth } = convolution
  const top = convolution.effectiveFilterHeight - 1 - padInfo.top
  const left = convolution.effectiveFilterWidth - 1 - padInfo.left
  const bottom = inHeight + padInfo.top - outHeight
  const right = inWidth + padInfo.left - outWidth
  const turned = workspace.allocate([filterHeight, filterWidth, outChannels, 1])
  const taps = workspace.floats(filter)
  const target = workspace.floats(turned)
  const last = filterHeight * filterWidth - 1
  for (let tap = 0; tap <= last; tap++) {
    target.set(taps.subarray(tap * outChannels, (tap + 1) * outChannels), (last - tap) * outChannels)
  }
  const copies = workspace.run(
    DepthwiseConv2dNative,
    { x: dy, filter: turned },
    {
      strides: 1,
      dilations: [dilationHeight, dilationWidth],
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
    },
  )
  if (outChannels === inChannels) return copies
  const grouped = { ...copies, shape: [batchSize, inHeight, inWidth, inChannels, outChannels / inChannels] }
  return workspace.run(Sum, { x: grouped }, { axis: 4, keepDims: false })
}

function tapByTap(
  workspace: Workspace,
  dy: TensorInfo,
  filter: TensorInfo,
  convolution: backend_util.Conv2DInfo,
): TensorInfo {
  const { inShape, inChannels, outChannels } = convolution
  const multiplier = outChannels / inChannels
  const dx = workspace.zeros(inShape)
  const target = workspace.floats(dx)
  const taps = workspace.floats(filter)
  const gradient = workspace.floats(dy)
  forEachDepthwiseTap(convolution, ({ input, inputStep, output, pixels, tap }) => {
    for (let pixel = 0, to = input, at = output; pixel < pixels; pixel++, to += inputStep, at += outChannels) {
      for (let i = 0; i < outChannels; i++) {
        target[to + Math.floor(i / multiplier)]! += taps[tap + i]! * gradient[at + i]!
      }
    }
  })
  return dx
}
