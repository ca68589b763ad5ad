import { util } from '@tensorflow/tfjs-core'
import type { ElementType } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { axisIn, type Layout } from '../onnx/onnx-builder.js'
import { castTo } from './elementwise.js'
import { type KernelDefinition, ofNumbers } from './kernel-definition.js'

interface Reduction {
  readonly operator: string
  /** Name of the attribute that holds the axes. */
  readonly axes?: string
  /** Axes as an input instead of an attribute, as ReduceSum has had since opset 13. */
  readonly axesAsInput?: boolean
  /** Element type computed in, and of the output; the input's where absent. */
  readonly type?: ElementType
  readonly computeIn?: ElementType
}

/** Reductions over some axes: all that tfjs has but those that give positions. */
function reduction({ operator, axes = 'axis', axesAsInput, type, computeIn }: Reduction): KernelDefinition {
  return {
    infer: ({ x }, attributes) => {
      const reduced = util.parseAxisParam(attributes[axes], [...x.shape])
      return [{ shape: reducedShape(x.shape, reduced, attributes.keepDims), dtype: type ?? x.dtype }]
    },
    lower: (context) => {
      const { shape, dtype } = context.info('x')
      const reduced = util.parseAxisParam(context.attributes[axes], [...shape])
      const keepDims = context.attributes.keepDims === true
      const layout = layoutFor(context, 'x', reduced, keepDims)
      const own = reduced.map((axis) => axisIn(layout, axis))
      let value = context.read('x', layout)
      if (computeIn !== undefined && computeIn !== dtype) value = castTo(context, value, computeIn)
      if (own.length > 0) {
        value = axesAsInput
          ? context.emit(operator, [value, context.integers(own)], { keepdims: Number(keepDims) })
          : context.emit(operator, [value], { axes: own, keepdims: Number(keepDims) })
      }
      const result = context.output().dtype
      if ((computeIn ?? dtype) !== result) value = castTo(context, value, result)
      context.set(value, keepDims ? layout : 'nhwc')
    },
  }
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: unknown): number[] {
  if (keepDims) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  return shape.filter((_, axis) => !axes.includes(axis))
}

/** A map in `[N, C, H, W]` can be reduced as it is where the remaining axes come out in tfjs's order. */
function layoutFor(context: LoweringContext, input: string, axes: readonly number[], keepDims: boolean): Layout {
  if (context.info(input).shape.length !== 4) return 'nhwc'
  const inOrder = keepDims || axes.includes(3) || (axes.includes(1) && axes.includes(2))
  return inOrder ? context.preferredLayout([input]) : 'nhwc'
}

/** Position of the largest or smallest value; the first of equals. */
function position(operator: string): KernelDefinition {
  return {
    infer: ({ x }, { axis }) => [
      { shape: reducedShape(x.shape, util.parseAxisParam(axis, [...x.shape]), false), dtype: 'int32' },
    ],
    lower: (context) => {
      const [axis] = util.parseAxisParam(context.attributes.axis, [...context.info('x').shape])
      const layout = layoutFor(context, 'x', [axis], false)
      const found = context.emit(operator, [context.read('x', layout)], { axis: axisIn(layout, axis), keepdims: 0 })
      context.set(castTo(context, found, 'int32'))
    },
  }
}

const softmax: KernelDefinition = {
  infer: ({ logits }) => [{ shape: logits.shape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.info('logits')
    const [along] = util.parseAxisParam(context.attributes.dim, [...shape])
    // ONNX Runtime turns any other axis to the end itself, on one thread.
    const isLast = along === shape.length - 1
    const layout = shape.length === 4 && !isLast ? context.preferredLayout() : 'nhwc'
    const value = context.read('logits', layout)
    context.set(context.emit('Softmax', [value], { axis: axisIn(layout, along) }), layout)
  },
}

/** The k largest of the last axis, the first of equals first, and where they are. */
const topK: KernelDefinition = {
  returnsList: true,
  infer: ({ x }, { k }) => {
    const shape = [...x.shape.slice(0, -1), k]
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ]
  },
  lower: (context) => {
    const { k, sorted } = context.attributes
    const attributes = { axis: -1, sorted: Number(sorted) }
    const [values, places] = context.emitMany('TopK', [context.read('x'), context.integers([k])], 2, attributes)
    context.set(values)
    context.set(castTo(context, places, 'int32'), 'nhwc', 1)
  },
}

export const reductionKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Sum', reduction({ operator: 'ReduceSum', axesAsInput: true })],
  ['Mean', reduction({ operator: 'ReduceMean', type: 'float32', computeIn: 'float32' })],
  ['Max', ofNumbers(reduction({ operator: 'ReduceMax', axes: 'reductionIndices' }))],
  ['Min', ofNumbers(reduction({ operator: 'ReduceMin' }))],
  ['Prod', ofNumbers(reduction({ operator: 'ReduceProd' }))],
  ['All', reduction({ operator: 'ReduceMin', computeIn: 'int32' })],
  ['Any', reduction({ operator: 'ReduceMax', computeIn: 'int32' })],
  ['ArgMax', ofNumbers(position('ArgMax'))],
  ['ArgMin', ofNumbers(position('ArgMin'))],
  ['Softmax', softmax],
  ['TopK', ofNumbers(topK)],
  [
    'Cumsum',
    ofNumbers({
      infer: ({ x }) => [x],
      lower: (context) => {
        const [axis] = util.parseAxisParam(context.attributes.axis, [...context.info('x').shape])
        const where = context.constant([axis], { shape: [], dtype: 'int32' })
        const { exclusive, reverse } = context.attributes
        context.set(
          context.emit('CumSum', [context.read('x'), where], {
            exclusive: Number(exclusive === true),
            reverse: Number(reverse === true),
          }),
        )
      },
    }),
  ],
]
