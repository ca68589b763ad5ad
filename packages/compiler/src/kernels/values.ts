import { util } from '@tensorflow/tfjs-core'
import { sizeOf } from '../graph/kernel-graph.js'
import { castTo } from './elementwise.js'
import type { KernelDefinition } from './kernel-definition.js'

/** A new tensor of one number. */
function fillLike(fill: number): KernelDefinition {
  return {
    infer: ({ x }) => [x],
    lower: (context) => context.set(context.builder.filled(fill, context.output())),
  }
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
    const hit = context.emit('Equal', [column, classes])
    if (onValue === 1 && offValue === 0) return context.set(castTo(context, hit, dtype)) // quicker than a choice
    const scalar = (value: number) =>
      context.constant([value], { shape: [], dtype: dtype === 'bool' ? 'int32' : dtype })
    const chosen = context.emit('Where', [hit, scalar(onValue), scalar(offValue)])
    context.set(dtype === 'bool' ? castTo(context, chosen, dtype) : chosen)
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
  [
    'LinSpace',
    {
      infer: (_, { num }) => [{ shape: [num], dtype: 'float32' }],
      lower: (context) => {
        const { start, stop, num } = context.attributes
        const step = (stop - start) / (num - 1)
        const values = Array.from({ length: num }, (_, i) => (i === 0 ? start : start + i * step))
        context.set(context.constant(values, context.output()))
      },
    },
  ],
  ['OneHot', oneHot],
]

function rangeLength(start: number, stop: number, step: number): number {
  return Math.max(0, Math.ceil((stop - start) / step))
}
