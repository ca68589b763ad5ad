import type { LoweringContext } from '../onnx/lowering-context.js'
import { activated } from './activation.js'
import { columnsOf } from './columns.js'
import { costsOf, forwardWork } from './convolution-costs.js'
import { readBroadcast } from './elementwise.js'
import type { KernelDefinition } from './kernel-definition.js'
import {
  convolutionInfo,
  filterToOnnx,
  requireAllWindows,
  requireChannelsLast,
  type Windows,
  windowAttributes,
  windowsOf,
} from './windows.js'
import { winogradConvolution, winogradTiles } from './winograd.js'

function lowerConvolution(context: LoweringContext): void {
  requireChannelsLast(context)
  const [x, filter] = [context.info('x').shape, context.info('filter').shape]
  const windows = windowsOf(convolutionInfo(x, filter, context.attributes))
  requireAllWindows(context, windows)
  const form = context.choose(costsOf(forwardWork({ x, filter, windows, constant: context.isConstant('filter') })))
  if (form === 'direct') {
    const turned = context.transpose(context.read('filter'), filterToOnnx)
    context.set(finish(context, context.read('x', 'nchw'), turned, windowAttributes(windows)), 'nchw')
    return
  }
  const sums = form === 'winograd' ? byWinograd(context, windows) : byColumns(context, windows)
  const bias = biasVector(context)
  const scores = bias === undefined ? sums : context.emit('Add', [sums, context.reshape(bias, [-1, 1, 1])])
  context.set(activate(context, scores), 'nchw')
}

function byWinograd(context: LoweringContext, windows: Windows): string {
  const tiles = winogradTiles(windows)
  if (tiles === undefined) throw new Error('a convolution without tiles was asked for them')
  return winogradConvolution(
    context,
    { name: context.read('x', 'nchw'), shape: context.info('x').shape },
    { name: context.read('filter'), shape: context.info('filter').shape, backwards: false },
    { tiles, before: windows.before, after: windows.after },
    windows.output,
  )
}

/** One matrix product of the filter, as tfjs has it, with the cells that each window sees. */
function byColumns(context: LoweringContext, windows: Windows): string {
  const [batch, height, width, outputs] = context.output().shape
  const columns = columnsOf(context, context.read('x', 'nchw'), context.info('x').shape, windows)
  const filter = context.reshape(context.read('filter'), [-1, outputs])
  // Of the two matrices the one that is read across costs more: the smaller.
  const windowsFirst = height * width < outputs
  const product = windowsFirst
    ? context.transpose(context.emit('MatMul', [context.transpose(columns, [0, 2, 1]), filter]), [0, 2, 1])
    : context.emit('MatMul', [context.transpose(filter, [1, 0]), columns])
  return context.reshape(product, [batch, outputs, height, width])
}

/** Depthwise: every channel is a group; the filter `[kh, kw, C, M]` becomes `[C·M, 1, kh, kw]`. */
function lowerDepthwise(context: LoweringContext): void {
  requireChannelsLast(context)
  const { shape } = context.info('filter')
  const windows = windowsOf(convolutionInfo(context.info('x').shape, shape, context.attributes, true))
  requireAllWindows(context, windows)
  const [height, width, channels, multiplier] = shape
  const turned = context.transpose(context.read('filter'), [2, 3, 0, 1])
  const filter = context.reshape(turned, [channels * multiplier, 1, height, width])
  const attributes = { ...windowAttributes(windows), group: channels }
  context.set(finish(context, context.read('x', 'nchw'), filter, attributes), 'nchw')
}

/** The convolution itself, with the bias and the activation of the fused kernels. */
function finish(
  context: LoweringContext,
  x: string,
  filter: string,
  attributes: Record<string, number | number[]>,
): string {
  const bias = biasVector(context)
  return activate(context, context.emit('Conv', bias === undefined ? [x, filter] : [x, filter, bias], attributes))
}

function activate(context: LoweringContext, scores: string): string {
  return activated(context, scores, () => readBroadcast(context, 'preluActivationWeights', 'nchw'))
}

function biasVector(context: LoweringContext): string | undefined {
  if (!context.has('bias')) return undefined
  const channels = context.output().shape[3]
  const { shape } = context.info('bias')
  const bias = context.read('bias')
  if (shape.length === 1 && shape[0] === channels) return bias
  return context.emit('Expand', [context.reshape(bias, [-1]), context.integers([channels])])
}

const convolution: KernelDefinition = {
  infer: ({ x, filter }, attributes) => [
    { shape: convolutionInfo(x.shape, filter.shape, attributes).outShape, dtype: 'float32' },
  ],
  lower: lowerConvolution,
}

const depthwiseConvolution: KernelDefinition = {
  infer: ({ x, filter }, attributes) => [
    { shape: convolutionInfo(x.shape, filter.shape, attributes, true).outShape, dtype: 'float32' },
  ],
  lower: lowerDepthwise,
}

export const convolutionKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Conv2D', convolution],
  ['FusedConv2D', convolution],
  ['DepthwiseConv2dNative', depthwiseConvolution],
  ['FusedDepthwiseConv2D', depthwiseConvolution],
]
