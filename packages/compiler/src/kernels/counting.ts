import { util } from '@tensorflow/tfjs-core'
import { sizeOf } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { castTo } from './elementwise.js'
import { type KernelDefinition, ofNumbers } from './kernel-definition.js'

/** How often each number below `size` occurs along the last axis, or the sum of its weights; numbers beyond count nowhere. */
function count(context: LoweringContext, numbers: string, binary: boolean): void {
  const { dtype } = context.output()
  const { size } = context.attributes
  const { shape } = context.info(numbers)
  const classes = context.constant(
    Array.from({ length: size }, (_, i) => i),
    { shape: [size], dtype: 'int32' },
  )
  const column = castTo(context, context.reshape(context.read(numbers), [...shape, 1]), 'int32')
  const found = context.emit('Equal', [column, classes]) // […, numbers, classes]
  const scalar = (value: number) => context.constant([value], { shape: [], dtype })
  const weighted = sizeOf(context.info('weights').shape) > 0 && !binary
  const each = weighted ? context.reshape(context.read('weights'), [...shape, 1]) : scalar(1)
  const chosen = context.emit('Where', [found, each, scalar(0)])
  const along = context.integers([shape.length - 1])
  context.set(
    binary
      ? context.emit('ReduceMax', [chosen], { axes: [shape.length - 1], keepdims: 0 })
      : context.emit('ReduceSum', [chosen, along], { keepdims: 0 }),
  )
}

const bincount: KernelDefinition = {
  infer: ({ weights }, { size }) => [{ shape: [size], dtype: weights.dtype }],
  lower: (context) => count(context, 'x', false),
}

const denseBincount: KernelDefinition = {
  infer: ({ x, weights }, { size }) => [{ shape: [...x.shape.slice(0, -1), size], dtype: weights.dtype }],
  // tfjs knows "there or not" for rows alone.
  lower: (context) =>
    count(context, 'x', context.attributes.binaryOutput === true && context.info('x').shape.length === 2),
}

/** Products of all values up to each, in as many steps as the length has binary digits: each step doubles their reach. */
const cumulativeProduct: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { shape, dtype } = context.info('x')
    const { exclusive, reverse } = context.attributes
    const [axis] = util.parseAxisParam(context.attributes.axis, [...shape])
    const length = shape[axis]
    /** Every value in the place of the one `by` places on; ones come first. */
    const moved = (value: string, by: number) => {
      const sides = (cells: number) => shape.map((_, i) => (i === axis ? cells : 0))
      const pads = context.integers(reverse ? [...sides(0), ...sides(by)] : [...sides(by), ...sides(0)])
      const padded = context.emit('Pad', [value, pads, context.constant([1], { shape: [], dtype })])
      const range = reverse ? [[by], [length + by], [axis]] : [[0], [length], [axis]]
      return context.emit('Slice', [padded, ...range.map((cells) => context.integers(cells))])
    }
    let product = context.read('x')
    for (let by = 1; by < length; by *= 2) product = context.emit('Mul', [product, moved(product, by)])
    context.set(exclusive ? moved(product, 1) : product)
  },
}

/** A tensor on the diagonal of one with twice its axes. */
const diagonal: KernelDefinition = {
  infer: ({ x }) => [{ shape: [...x.shape, ...x.shape], dtype: x.dtype }],
  lower: (context) => {
    const { shape, dtype } = context.info('x')
    const size = sizeOf(shape)
    const places = Array.from({ length: size }, (_, i) => i)
    const [rows, columns] = [[size, 1], [size]].map((each) => context.constant(places, { shape: each, dtype: 'int32' }))
    const zero = context.constant([0], { shape: [], dtype })
    const values = context.reshape(context.read('x'), [size])
    const square = context.emit('Where', [context.emit('Equal', [rows, columns]), values, zero])
    context.set(context.reshape(square, context.output().shape))
  },
}

/** Where values belong in rows that are sorted: how many numbers of the row are smaller, or no larger. */
const searchSorted: KernelDefinition = {
  infer: ({ values }) => [{ shape: values.shape, dtype: 'int32' }],
  lower: (context) => {
    const [batch, length] = context.info('sortedSequence').shape
    const [, count] = context.info('values').shape
    const row = context.reshape(context.read('sortedSequence'), [batch, 1, length])
    const value = context.reshape(context.read('values'), [batch, count, 1])
    const comparison = context.attributes.side === 'left' ? 'Less' : 'LessOrEqual'
    const before = castTo(context, context.emit(comparison, [row, value]), 'int32')
    context.set(context.emit('ReduceSum', [before, context.integers([2])], { keepdims: 0 }))
  },
}

/** Counting, and what else goes through rows of numbers. */
export const countingKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Bincount', bincount],
  ['DenseBincount', denseBincount],
  ['Cumprod', ofNumbers(cumulativeProduct)],
  ['Diag', ofNumbers(diagonal)],
  ['SearchSorted', ofNumbers(searchSorted)],
]
