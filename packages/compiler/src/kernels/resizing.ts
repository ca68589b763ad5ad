import type { ValueInfo } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { castTo } from './elementwise.js'
import type { KernelDefinition } from './kernel-definition.js'

interface Convention {
  readonly alignCorners: boolean
  readonly halfPixelCenters?: boolean
}

function resized(images: ValueInfo, size: readonly number[], dtype = images.dtype): ValueInfo {
  return { shape: [images.shape[0], ...size, images.shape[3]], dtype }
}

const bilinear: KernelDefinition = {
  infer: ({ images }, { size }) => [resized(images, size, 'float32')],
  lower: (context) => {
    const { alignCorners, halfPixelCenters } = context.attributes
    const [batch, height, width, channels] = context.output().shape
    const mode = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric'
    const sizes = context.integers([batch, channels, height, width])
    const attributes = { mode: 'linear', coordinate_transformation_mode: mode }
    const images = context.read('images', 'nchw')
    const floats = context.info('images').dtype === 'float32' ? images : castTo(context, images, 'float32')
    context.set(context.emit('Resize', [floats, '', '', sizes], attributes), 'nchw')
  },
}

/** The gradient of anything that weights rows, then columns: two products with the weights transposed. */
function separableGradient(
  weights: (input: number, output: number, convention: Convention) => Float32Array,
): KernelDefinition {
  return {
    infer: ({ images }) => [{ shape: images.shape, dtype: 'float32' }],
    lower: (context) => {
      const [, height, width] = context.info('images').shape
      const [, rows, columns] = context.info('dy').shape
      const matrix = (input: number, output: number) =>
        context.constant(weights(input, output, context.attributes), { shape: [input, output], dtype: 'float32' })
      const byRow = context.emit('MatMul', [matrix(height, rows), context.read('dy', 'nchw')])
      const turned = context.transpose(matrix(width, columns), [1, 0])
      context.set(context.emit('MatMul', [byRow, turned]), 'nchw')
    },
  }
}

/** `[input, output]`: how much each input cell counts in each output cell. tfjs's gradient ignores half-pixel centres. */
function bilinearWeights(input: number, output: number, { alignCorners }: Convention): Float32Array {
  const scale = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output
  const weights = new Float32Array(input * output)
  for (let i = 0; i < output; i++) {
    const position = i * scale
    const low = Math.floor(position)
    const high = Math.min(Math.ceil(position), input - 1)
    weights[low * output + i] += 1 - (position - low)
    weights[high * output + i] += position - low
  }
  return weights
}

/** Which input cell each output cell takes. */
function nearestCells(input: number, output: number, { alignCorners, halfPixelCenters }: Convention): number[] {
  const scale = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output
  return Array.from({ length: output }, (_, i) => {
    const position = scale * (halfPixelCenters ? i + 0.5 : i)
    return Math.max(0, Math.min(input - 1, alignCorners ? Math.round(position) : Math.floor(position)))
  })
}

const nearest: KernelDefinition = {
  infer: ({ images }, { size }) => [resized(images, size)],
  lower: (context) => {
    const [, height, width] = context.info('images').shape
    const [, rows, columns] = context.output().shape
    const cells = (input: number, output: number) =>
      context.constant(nearestCells(input, output, context.attributes), { shape: [output], dtype: 'int32' })
    const byRow = gather(context, context.read('images', 'nchw'), cells(height, rows), 2)
    context.set(gather(context, byRow, cells(width, columns), 3), 'nchw')
  },
}

function gather(context: LoweringContext, value: string, indices: string, axis: number): string {
  return context.emit('Gather', [value, indices], { axis })
}

function nearestWeights(input: number, output: number, { alignCorners }: Convention): Float32Array {
  const weights = new Float32Array(input * output)
  for (const [i, cell] of nearestCells(input, output, { alignCorners }).entries()) weights[cell * output + i] = 1
  return weights
}

export const resizingKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['ResizeBilinear', bilinear],
  ['ResizeNearestNeighbor', nearest],
  ['ResizeBilinearGrad', separableGradient(bilinearWeights)],
  ['ResizeNearestNeighborGrad', separableGradient(nearestWeights)],
]
