import { util } from '@tensorflow/tfjs-core'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { castTo } from './elementwise.js'
import type { KernelDefinition } from './kernel-definition.js'

/** The pieces of `x` at the given positions along one axis; with batchDims, each batch has positions of its own. */
const gather: KernelDefinition = {
  infer: ({ x, indices }, { axis, batchDims = 0 }) => {
    const [along] = util.parseAxisParam(axis, [...x.shape])
    const shape = [...x.shape.slice(0, along), ...indices.shape.slice(batchDims), ...x.shape.slice(along + 1)]
    return [{ shape, dtype: x.dtype }]
  },
  lower: (context) => {
    const { axis, batchDims = 0 } = context.attributes
    const [along] = util.parseAxisParam(axis, [...context.info('x').shape])
    if (batchDims !== 0) return context.set(gatherInBatches(context, along, batchDims))
    context.set(context.emit('Gather', [context.read('x'), context.read('indices')], { axis: along }))
  },
}

/** With the axis brought behind the batch; what lay between goes back in front of the positions. */
function gatherInBatches(context: LoweringContext, along: number, batchDims: number): string {
  const axes = context.info('x').shape.map((_, axis) => axis)
  const between = axes.slice(batchDims, along)
  const pieces = context.transpose(context.read('x'), [
    ...axes.slice(0, batchDims),
    along,
    ...between,
    ...axes.slice(along + 1),
  ])
  const { shape } = context.info('indices')
  const positions = castTo(context, context.reshape(context.read('indices'), [...shape, 1]), 'int64')
  const found = context.emit('GatherND', [pieces, positions], { batch_dims: batchDims })
  const own = shape.slice(batchDims).map((_, i) => batchDims + i)
  const moved = between.map((_, i) => batchDims + own.length + i)
  const rest = context
    .output()
    .shape.map((_, axis) => axis)
    .slice(batchDims + own.length + moved.length)
  return context.transpose(found, [...axes.slice(0, batchDims), ...moved, ...own, ...rest])
}

const gatherNd: KernelDefinition = {
  infer: ({ params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1]
    return [{ shape: [...indices.shape.slice(0, -1), ...params.shape.slice(depth)], dtype: params.dtype }]
  },
  lower: (context) => {
    const positions = castTo(context, context.read('indices'), 'int64')
    context.set(context.emit('GatherND', [context.read('params'), positions]))
  },
}

/** Values laid into zeros; where several meet they add up. */
const scatterNd: KernelDefinition = {
  infer: ({ updates }, { shape }) => [{ shape, dtype: updates.dtype }],
  lower: (context) => {
    const positions = castTo(context, context.read('indices'), 'int64')
    const zeros = context.builder.filled(0, context.output())
    context.set(context.emit('ScatterND', [zeros, positions, context.read('updates')], { reduction: 'add' }))
  },
}

/** Values laid over those of a tensor. */
const scatterUpdate: KernelDefinition = {
  infer: ({ tensor }) => [tensor],
  lower: (context) => {
    const positions = castTo(context, context.read('indices'), 'int64')
    context.set(context.emit('ScatterND', [context.read('tensor'), positions, context.read('updates')]))
  },
}

/** Sums of the rows that bear the same number; rows with numbers out of range count nowhere. Also gather's gradient. */
const segmentSum: KernelDefinition = {
  infer: ({ x }, { numSegments }) => [{ shape: [numSegments, ...x.shape.slice(1)], dtype: x.dtype }],
  lower: (context) => {
    const { shape, dtype } = context.output()
    const [count] = shape
    const whole = (value: number) => context.constant([value], { shape: [], dtype: 'int32' })
    const ids = context.read('segmentIds')
    const outside = context.emit('Or', [
      context.emit('Less', [ids, whole(0)]),
      context.emit('GreaterOrEqual', [ids, whole(count)]),
    ])
    const rows = context.emit('Where', [outside, whole(count), ids])
    const positions = castTo(context, context.reshape(rows, [-1, 1]), 'int64')
    const zeros = context.builder.filled(0, { shape: [count + 1, ...shape.slice(1)], dtype })
    const sums = context.emit('ScatterND', [zeros, positions, context.read('x')], { reduction: 'add' })
    const range = [[0], [count], [0]].map((values) => context.integers(values))
    context.set(context.emit('Slice', [sums, ...range]))
  },
}

export const indexingKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['GatherV2', gather],
  ['GatherNd', gatherNd],
  ['ScatterNd', scatterNd],
  ['TensorScatterUpdate', scatterUpdate],
  ['UnsortedSegmentSum', segmentSum],
]
