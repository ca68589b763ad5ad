import { slice_util, util } from '@tensorflow/tfjs-core'
import { type Attributes, sizeOf, type ValueInfo } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { arrangedFor, axisIn, type Layout } from '../onnx/onnx-builder.js'
import type { KernelDefinition } from './kernel-definition.js'

/** Below every possible end, so that a slice with step −1 includes the first cell. */
const beforeFirst = -(2 ** 31)

function layoutOf(context: LoweringContext): Layout {
  return context.output().shape.length === 4 ? context.preferredLayout() : 'nhwc'
}

/** A kernel that only gives its values another shape. */
function reshaping(input: string, shapeOf: (info: ValueInfo, attributes: Attributes) => number[]): KernelDefinition {
  return {
    infer: (inputs, attributes) => [{ shape: shapeOf(inputs[input], attributes), dtype: inputs[input].dtype }],
    lower: (context) => {
      const { shape } = context.output()
      if (`${shape}` !== `${context.info(input).shape}`) return context.set(context.reshape(context.read(input), shape))
      const layout = layoutOf(context)
      context.set(context.read(input, layout), layout)
    },
  }
}

function list(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value
}

const slice: KernelDefinition = {
  infer: ({ x }, { begin, size }) => {
    const [, sizes] = slice_util.parseSliceParams({ shape: [...x.shape] } as never, begin, size)
    return [{ shape: sizes, dtype: x.dtype }]
  },
  lower: (context) => {
    const { begin, size } = context.attributes
    const [begins, sizes] = slice_util.parseSliceParams({ shape: [...context.info('x').shape] } as never, begin, size)
    const layout = layoutOf(context)
    if (begins.length === 0) return context.set(context.read('x'))
    const ends = begins.map((start, axis) => start + sizes[axis])
    const [from, to] = layout === 'nchw' ? [arrangedFor(layout, begins), arrangedFor(layout, ends)] : [begins, ends]
    context.set(
      context.emit('Slice', [context.read('x', layout), context.integers(from), context.integers(to)]),
      layout,
    )
  },
}

const stridedSlice: KernelDefinition = {
  infer: ({ x }, a) => [{ shape: sliced(x, a).finalShape, dtype: x.dtype }],
  lower: (context) => {
    const info = sliced(context.info('x'), context.attributes)
    const axes = info.begin.map((_, axis) => axis)
    const ends = info.end.map((end, axis) => (info.strides[axis] < 0 && end < 0 ? beforeFirst : end))
    const cut = context.emit('Slice', [
      context.read('x'),
      ...[info.begin, ends, axes, info.strides].map((values) => context.integers(values)),
    ])
    context.set(context.reshape(cut, context.output().shape))
  },
}

function sliced({ shape }: ValueInfo, a: Attributes) {
  return slice_util.sliceInfo(
    [...shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  )
}

const concat: KernelDefinition = {
  infer: (inputs, attributes) => {
    const infos = Object.values(inputs)
    const [axis] = util.parseAxisParam(attributes.axis, [...infos[0].shape])
    const shape = infos[0].shape.map((length, i) =>
      i === axis ? infos.reduce((sum, info) => sum + info.shape[axis], 0) : length,
    )
    return [{ shape, dtype: infos[0].dtype }]
  },
  lower: (context) => {
    const layout = layoutOf(context)
    const [axis] = util.parseAxisParam(context.attributes.axis, [...context.output().shape])
    const values = Object.keys(context.node.inputs)
      .filter((name) => context.freeSizes || sizeOf(context.info(name).shape) > 0)
      .map((name) => context.read(name, layout))
    context.set(context.emit('Concat', values, { axis: axisIn(layout, axis) }), layout)
  },
}

const splitV: KernelDefinition = {
  returnsList: true,
  infer: ({ x }, attributes) => {
    const { axis, lengths } = split(x, attributes)
    return lengths.map((length) => ({ shape: x.shape.map((l, i) => (i === axis ? length : l)), dtype: x.dtype }))
  },
  lower: (context) => {
    const { axis, lengths } = split(context.info('x'), context.attributes)
    const layout = layoutOf(context)
    // Without lengths the parts are equal, which more readers of ONNX files know.
    const equal = typeof context.attributes.numOrSizeSplits === 'number'
    const inputs = [context.read('x', layout), ...(equal ? [] : [context.integers(lengths)])]
    const parts = context.emitMany('Split', inputs, lengths.length, { axis: axisIn(layout, axis) })
    for (const [i, part] of parts.entries()) context.set(part, layout, i)
  },
}

function split({ shape }: ValueInfo, attributes: Attributes): { axis: number; lengths: number[] } {
  const [axis] = util.parseAxisParam(attributes.axis, [...shape])
  const given: number | number[] = attributes.numOrSizeSplits
  if (typeof given === 'number') return { axis, lengths: Array(given).fill(shape[axis] / given) }
  const known = given.reduce((sum, length) => sum + Math.max(0, length), 0)
  return { axis, lengths: given.map((length) => (length < 0 ? shape[axis] - known : length)) }
}

/** Cells around a map; mirrored or of one value. */
function padding(mode: 'constant' | 'mirror'): KernelDefinition {
  return {
    infer: ({ x }, { paddings }) => [
      { shape: x.shape.map((length, axis) => length + paddings[axis][0] + paddings[axis][1]), dtype: x.dtype },
    ],
    lower: (context) => {
      const { paddings, constantValue, mode: mirror } = context.attributes
      if (mode === 'mirror' && mirror === 'symmetric') return context.set(mirroredWithEdge(context, paddings))
      const layout = layoutOf(context)
      const sides: [number, number][] = layout === 'nchw' ? arrangedFor(layout, paddings) : paddings
      const pads = context.integers([...sides.map(([before]) => before), ...sides.map(([, after]) => after)])
      const value = context.read('x', layout)
      if (mode === 'mirror') return context.set(context.emit('Pad', [value, pads], { mode: 'reflect' }), layout)
      const filler = context.constant([constantValue], { shape: [], dtype: context.info('x').dtype })
      context.set(context.emit('Pad', [value, pads, filler]), layout)
    },
  }
}

/** Mirrored at the edge itself, so that the outermost cells come twice; ONNX knows only mirrors at their centres. */
function mirroredWithEdge(context: LoweringContext, paddings: readonly (readonly [number, number])[]): string {
  const { shape } = context.info('x')
  return paddings.reduce((value, [before, after], axis) => {
    const turned = (from: number, to: number) =>
      reversed(context, context.emit('Slice', [value, ...[[from], [to], [axis]].map((v) => context.integers(v))]), [
        axis,
      ])
    const parts = [
      ...(before > 0 ? [turned(0, before)] : []),
      value,
      ...(after > 0 ? [turned(shape[axis] - after, shape[axis])] : []),
    ]
    return parts.length === 1 ? value : context.emit('Concat', parts, { axis })
  }, context.read('x'))
}

const reverse: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { shape } = context.info('x')
    const axes = util.parseAxisParam(context.attributes.dims, [...shape])
    if (axes.length === 0) return context.set(context.read('x'))
    const layout = layoutOf(context)
    context.set(
      reversed(
        context,
        context.read('x', layout),
        axes.map((axis) => axisIn(layout, axis)),
      ),
      layout,
    )
  },
}

/** Turns the order around along some axes. */
export function reversed(context: LoweringContext, value: string, axes: readonly number[]): string {
  const every = (number: number) => context.integers(axes.map(() => number))
  return context.emit('Slice', [value, every(-1), every(beforeFirst), context.integers(axes), every(-1)])
}

const pack: KernelDefinition = {
  infer: (inputs, { axis }) => {
    const infos = Object.values(inputs)
    const shape = [...infos[0].shape]
    shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, infos.length)
    return [{ shape, dtype: infos[0].dtype }]
  },
  lower: (context) => {
    const rank = context.output().shape.length
    const { axis } = context.attributes
    const along = axis < 0 ? axis + rank : axis
    const parts = Object.keys(context.node.inputs).map((name) =>
      context.emit('Unsqueeze', [context.read(name), context.integers([along])]),
    )
    context.set(context.emit('Concat', parts, { axis: along }))
  },
}

const unpack: KernelDefinition = {
  returnsList: true,
  infer: ({ value }, { axis }) => {
    const [along] = util.parseAxisParam(axis, [...value.shape])
    const shape = value.shape.filter((_, i) => i !== along)
    return Array.from({ length: value.shape[along] }, () => ({ shape, dtype: value.dtype }))
  },
  lower: (context) => {
    const { shape } = context.info('value')
    const [along] = util.parseAxisParam(context.attributes.axis, [...shape])
    for (let i = 0; i < shape[along]; i++) {
      const at = context.constant([i], { shape: [], dtype: 'int32' })
      context.set(context.emit('Gather', [context.read('value'), at], { axis: along }), 'nhwc', i)
    }
  },
}

/** Moves blocks of cells into the batch: pad, reshape, transpose, reshape, as the papers on dilation describe it. */
const spaceToBatch: KernelDefinition = {
  infer: ({ x }, { blockShape, paddings }) => {
    const count = sizeOf(blockShape)
    const cells = blockShape.map(
      (block: number, i: number) => (x.shape[i + 1] + paddings[i][0] + paddings[i][1]) / block,
    )
    return [{ shape: [x.shape[0] * count, ...cells, ...x.shape.slice(1 + blockShape.length)], dtype: x.dtype }]
  },
  lower: (context) => {
    const { blockShape, paddings } = context.attributes
    const { shape, dtype } = context.info('x')
    const blocks: number[] = blockShape
    const rest = shape.slice(1 + blocks.length)
    const sides = [[0, 0], ...paddings, ...rest.map(() => [0, 0])]
    const pads = context.integers([...sides.map(([before]) => before), ...sides.map(([, after]) => after)])
    const padded = context.emit('Pad', [context.read('x'), pads, context.constant([0], { shape: [], dtype })])
    const cells = context.output().shape.slice(1, 1 + blocks.length)
    const apart = context.reshape(padded, [shape[0], ...blocks.flatMap((block, i) => [cells[i], block]), ...rest])
    const inBlock = blocks.map((_, i) => 2 * i + 2)
    const ofBlock = blocks.map((_, i) => 2 * i + 1)
    const others = rest.map((_, i) => 1 + 2 * blocks.length + i)
    const together = context.transpose(apart, [...inBlock, 0, ...ofBlock, ...others])
    context.set(context.reshape(together, context.output().shape))
  },
}

const batchToSpace: KernelDefinition = {
  infer: ({ x }, { blockShape, crops }) => {
    const cells = blockShape.map((block: number, i: number) => x.shape[i + 1] * block - crops[i][0] - crops[i][1])
    const shape = [x.shape[0] / sizeOf(blockShape), ...cells, ...x.shape.slice(1 + blockShape.length)]
    return [{ shape, dtype: x.dtype }]
  },
  lower: (context) => {
    const blocks: number[] = context.attributes.blockShape
    const crops: [number, number][] = context.attributes.crops
    const { shape } = context.info('x')
    const [batch] = context.output().shape
    const cells = shape.slice(1, 1 + blocks.length)
    const rest = shape.slice(1 + blocks.length)
    const apart = context.reshape(context.read('x'), [...blocks, batch, ...cells, ...rest])
    const n = blocks.length
    const spatial = blocks.flatMap((_, i) => [n + 1 + i, i])
    const turned = context.transpose(apart, [n, ...spatial, ...rest.map((_, i) => 2 * n + 1 + i)])
    const whole = context.reshape(turned, [batch, ...blocks.map((block, i) => block * cells[i]), ...rest])
    const begins = crops.map(([before]) => before)
    const ends = crops.map(([, after], i) => blocks[i] * cells[i] - after)
    const axes = blocks.map((_, i) => i + 1)
    context.set(context.emit('Slice', [whole, ...[begins, ends, axes].map((values) => context.integers(values))]))
  },
}

const depthToSpace: KernelDefinition = {
  infer: ({ x }, { blockSize, dataFormat }) => {
    if (dataFormat === 'NCHW') {
      const [n, c, h, w] = x.shape
      return [{ shape: [n, c / blockSize ** 2, h * blockSize, w * blockSize], dtype: x.dtype }]
    }
    const [n, h, w, c] = x.shape
    return [{ shape: [n, h * blockSize, w * blockSize, c / blockSize ** 2], dtype: x.dtype }]
  },
  lower: (context) => {
    if (context.attributes.dataFormat === 'NCHW') context.refuse('data format NCHW')
    const attributes = { blocksize: context.attributes.blockSize, mode: 'DCR' }
    context.set(context.emit('DepthToSpace', [context.read('x', 'nchw')], attributes), 'nchw')
  },
}

export const shapeKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Reshape', reshaping('x', ({ shape }, a) => util.inferFromImplicitShape([...a.shape], sizeOf(shape)))],
  [
    'ExpandDims',
    reshaping('input', ({ shape }, { dim }) => {
      const at = dim < 0 ? dim + shape.length + 1 : dim
      return [...shape.slice(0, at), 1, ...shape.slice(at)]
    }),
  ],
  [
    'Transpose',
    {
      infer: ({ x }, { perm }) => [{ shape: perm.map((axis: number) => x.shape[axis]), dtype: x.dtype }],
      lower: (context) => context.set(context.transpose(context.read('x'), context.attributes.perm)),
    },
  ],
  ['Slice', slice],
  ['StridedSlice', stridedSlice],
  ['Concat', concat],
  ['SplitV', splitV],
  ['PadV2', padding('constant')],
  ['MirrorPad', padding('mirror')],
  ['Reverse', reverse],
  [
    'FlipLeftRight',
    {
      infer: ({ image }) => [image],
      lower: (context) => context.set(reversed(context, context.read('image', 'nchw'), [3]), 'nchw'),
    },
  ],
  ['Pack', pack],
  ['Unpack', unpack],
  ['SpaceToBatchND', spaceToBatch],
  ['BatchToSpaceND', batchToSpace],
  ['DepthToSpace', depthToSpace],
  [
    'Tile',
    {
      infer: ({ x }, { reps }) => [{ shape: x.shape.map((length, axis) => length * reps[axis]), dtype: x.dtype }],
      lower: (context) => {
        const layout = layoutOf(context)
        const reps = list(context.attributes.reps)
        const own = layout === 'nchw' ? arrangedFor(layout, reps) : reps
        context.set(context.emit('Tile', [context.read('x', layout), context.integers(own)]), layout)
      },
    },
  ],
]
