import { util } from '@tensorflow/tfjs-core'
import { sizeOf } from '../graph/kernel-graph.js'
import type { KernelDefinition } from './kernel-definition.js'

/** A new tensor of one number. */
function fillLike(fill: number): KernelDefinition {
  return {
    infer: ({ x }) => [x],
    lower: (context) => context.set(context.builder.filled(fill, context.output())),
  }
}

/** The pieces of `x` at the given positions along one axis. */
const gather: KernelDefinition = {
  infer: ({ x, indices }, { axis, batchDims = 0 }) => {
    const [along] = util.parseAxisParam(axis, [...x.shape])
    const shape = [...x.shape.slice(0, along), ...indices.shape.slice(batchDims), ...x.shape.slice(along + 1)]
    return [{ shape, dtype: x.dtype }]
  },
  lower: (context) => {
    const { axis, batchDims = 0 } = context.attributes
    if (batchDims !== 0) context.refuse(`batchDims ${batchDims}`)
    const [along] = util.parseAxisParam(axis, [...context.info('x').shape])
    context.set(context.emit('Gather', [context.read('x'), context.read('indices')], { axis: along }))
  },
}

const gatherNd: KernelDefinition = {
  infer: ({ params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1]
    return [{ shape: [...indices.shape.slice(0, -1), ...params.shape.slice(depth)], dtype: params.dtype }]
  },
  lower: (context) => {
    const positions = context.emit('Cast', [context.read('indices')], { to: 7 })
    context.set(context.emit('GatherND', [context.read('params'), positions]))
  },
}

/** Values laid into zeros; where several meet they add up. */
const scatterNd: KernelDefinition = {
  infer: ({ updates }, { shape }) => [{ shape, dtype: updates.dtype }],
  lower: (context) => {
    const positions = context.emit('Cast', [context.read('indices')], { to: 7 })
    const zeros = context.builder.filled(0, context.output())
    context.set(context.emit('ScatterND', [zeros, positions, context.read('updates')], { reduction: 'add' }))
  },
}

const oneHot: KernelDefinition = {
  infer: ({ indices }, { depth, dtype }) => [{ shape: [...indices.shape, depth], dtype: dtype ?? 'int32' }],
  lower: (context) => {
    const { depth, onValue, offValue } = context.attributes
    const { shape, dtype } = context.output()
    const column = context.reshape(context.read('indices'), [...shape.slice(0, -1), 1])
    const classes = context.constant(
      Array.from({ length: depth }, (_, i) => i),
      { shape: [depth], dtype: 'int32' },
    )
    const scalar = (value: number) =>
      context.constant([value], { shape: [], dtype: dtype === 'bool' ? 'int32' : dtype })
    const chosen = context.emit('Where', [context.emit('Equal', [column, classes]), scalar(onValue), scalar(offValue)])
    context.set(dtype === 'bool' ? context.emit('Cast', [chosen], { to: 9 }) : chosen)
  },
}

export const valueKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['ZerosLike', fillLike(0)],
  ['OnesLike', fillLike(1)],
  [
    'Fill',
    {
      infer: (_, { shape, value, dtype }) => [{ shape, dtype: dtype ?? util.inferDtype(value) }],
      lower: (context) => context.set(context.builder.filled(context.attributes.value, context.output())),
    },
  ],
  [
    'Range',
    {
      infer: (_, { start, stop, step, dtype }) => [{ shape: [rangeLength(start, stop, step)], dtype }],
      lower: (context) => {
        const { start, step } = context.attributes
        const info = context.output()
        const values = Array.from({ length: sizeOf(info.shape) }, (_, i) => start + i * step)
        context.set(context.constant(values, info))
      },
    },
  ],
  ['GatherV2', gather],
  ['GatherNd', gatherNd],
  ['ScatterNd', scatterNd],
  ['OneHot', oneHot],
]

function rangeLength(start: number, stop: number, step: number): number {
  return Math.max(0, Math.ceil((stop - start) / step))
}
