import {
  AvgPool,
  type backend_util,
  Conv2D,
  DepthwiseConv2dNative,
  FusedConv2D,
  FusedDepthwiseConv2D,
  type KernelFunc,
  MaxPool,
  type NamedAttrMap,
} from '@tensorflow/tfjs-core'
import { HeapGuard } from '../heap-guard.js'
import type { KernelCall, WasmKernel } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'
import { poolingOf } from './pooling-windows.js'

/**
 * The stock convolutions and poolings, mended in two ways.
 *
 * Their C++ code keeps a table with one address per output pixel and tap, and a packed copy of the filter, and does
 * not look whether these fit the heap; so we do. And it derives the output's size itself, always rounding down, while
 * tfjs makes room for the size that it derived, from the filter's height alone under a numeric pad: where these differ,
 * other memory is overwritten or cells stay unwritten. An explicit pad with just the right cells leaves no choice.
 */
export const slidingWindows: readonly ((stock: KernelFunc) => WasmKernel)[] = [
  ...[Conv2D, FusedConv2D].map((name) => mended(name, convolutionOf, convolutionScratch)),
  ...[DepthwiseConv2dNative, FusedDepthwiseConv2D].map((name) => mended(name, depthwiseOf, depthwiseScratch)),
  ...[MaxPool, AvgPool].map((name) => mended(name, poolOf, addressBytes)),
]

function mended(
  name: string,
  geometryOf: (name: string, call: KernelCall) => backend_util.Conv2DInfo,
  scratchBytes: (geometry: backend_util.Conv2DInfo) => number,
): (stock: KernelFunc) => WasmKernel {
  return (stock) => ({
    name,
    run(call) {
      const geometry = geometryOf(name, call)
      HeapGuard.of(call.backend).reserve(name, scratchBytes(geometry))
      return stock({ ...call, attrs: withExactPad(call.attrs, geometry) })
    },
  })
}

function convolutionOf(name: string, { inputs, attrs }: KernelCall): backend_util.Conv2DInfo {
  return channelsLastConvolution(name, attrs, inputs['x']!.shape, inputs['filter']!.shape)
}

function depthwiseOf(name: string, { inputs, attrs }: KernelCall): backend_util.Conv2DInfo {
  return channelsLastConvolution(name, attrs, inputs['x']!.shape, inputs['filter']!.shape, true)
}

function poolOf(_name: string, { inputs, attrs }: KernelCall): backend_util.Conv2DInfo {
  return poolingOf(attrs, inputs['x']!.shape)
}

function convolutionScratch(convolution: backend_util.Conv2DInfo): number {
  return addressBytes(convolution) + packedBytes(convolution, convolution.inChannels, convolution.outChannels)
}

function depthwiseScratch(convolution: backend_util.Conv2DInfo): number {
  return addressBytes(convolution) + packedBytes(convolution, 1, convolution.outChannels)
}

/** Attributes whose explicit pad ends where the last output's window does. */
function withExactPad(attrs: NamedAttrMap, geometry: backend_util.Conv2DInfo): NamedAttrMap {
  if (typeof attrs['pad'] === 'string') return attrs
  const { padInfo, inHeight, inWidth, outHeight, outWidth } = geometry
  const bottom = (outHeight - 1) * geometry.strideHeight + geometry.effectiveFilterHeight - inHeight - padInfo.top
  const right = (outWidth - 1) * geometry.strideWidth + geometry.effectiveFilterWidth - inWidth - padInfo.left
  const pad = [
    [0, 0],
    [padInfo.top, Math.max(padInfo.bottom, bottom)],
    [padInfo.left, Math.max(padInfo.right, right)],
    [0, 0],
  ]
  return { ...attrs, pad, dimRoundingMode: 'floor' }
}

/** One 32-bit address per output pixel and tap. */
function addressBytes({ outHeight, outWidth, filterHeight, filterWidth }: backend_util.Conv2DInfo): number {
  return 4 * outHeight * outWidth * filterHeight * filterWidth
}

/** The filter in blocks of eight output channels, with the bias. */
function packedBytes({ filterHeight, filterWidth }: backend_util.Conv2DInfo, depth: number, outputs: number): number {
  return 4 * 8 * Math.ceil(outputs / 8) * (filterHeight * filterWidth * depth + 1)
}
