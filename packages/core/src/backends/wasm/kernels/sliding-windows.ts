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
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { HeapGuard } from '../heap-guard.js'
import type { KernelCall, WasmKernel } from '../workspace.js'
import { channelsLastConvolution, explicitPad } from './convolution-geometry.js'
import { poolingOf } from './pooling-windows.js'

/**
 * The stock convolutions and poolings, mended in two ways.
 *
 * Their C++ code keeps a table with one address per output pixel and tap, and a packed copy of the filter, and does
 * not look whether these fit the heap; so we do. And with a numeric pad, tfjs derives the output's width from the
 * filter's height and vertical stride, so that unequal ones write past the output; an explicit pad is derived rightly.
 */
export const slidingWindows: readonly ((stock: KernelFunc) => WasmKernel)[] = [
  ...[Conv2D, FusedConv2D].map((name) => mended(name, convolutionScratch)),
  ...[DepthwiseConv2dNative, FusedDepthwiseConv2D].map((name) => mended(name, depthwiseScratch)),
  ...[MaxPool, AvgPool].map((name) => mended(name, poolingScratch)),
]

type ScratchBytes = (name: string, call: KernelCall) => number

function mended(name: string, scratchBytes: ScratchBytes): (stock: KernelFunc) => WasmKernel {
  return (stock) => ({
    name,
    run(call) {
      const explicit = { ...call, attrs: withExplicitPad(call.attrs) }
      HeapGuard.of(call.backend).reserve(name, scratchBytes(name, explicit))
      return stock(explicit)
    },
  })
}

function withExplicitPad(attrs: NamedAttrMap): NamedAttrMap {
  const pad = attrs['pad']
  return typeof pad === 'number' ? { ...attrs, pad: explicitPad(pad) } : attrs
}

function convolutionScratch(name: string, { inputs, attrs }: KernelCall): number {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo }
  const convolution = channelsLastConvolution(name, attrs, x.shape, filter.shape)
  return addressBytes(convolution) + packedBytes(convolution, convolution.inChannels, convolution.outChannels)
}

function depthwiseScratch(name: string, { inputs, attrs }: KernelCall): number {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo }
  const convolution = channelsLastConvolution(name, attrs, x.shape, filter.shape, true)
  return addressBytes(convolution) + packedBytes(convolution, 1, convolution.outChannels)
}

function poolingScratch(_name: string, { inputs, attrs }: KernelCall): number {
  return addressBytes(poolingOf(attrs, inputs['x']!.shape))
}

/** One 32-bit address per output pixel and tap. */
function addressBytes({ outHeight, outWidth, filterHeight, filterWidth }: backend_util.Conv2DInfo): number {
  return 4 * outHeight * outWidth * filterHeight * filterWidth
}

/** The filter in blocks of eight output channels, with the bias. */
function packedBytes({ filterHeight, filterWidth }: backend_util.Conv2DInfo, depth: number, outputs: number): number {
  return 4 * 8 * Math.ceil(outputs / 8) * (filterHeight * filterWidth * depth + 1)
}
