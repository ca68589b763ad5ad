import { layers } from '@tensorflow/tfjs-layers'
import { ourAxis } from '../layers/axes.js'
import { Tile } from '../layers/axis-parts.js'
import { AxisSoftmax } from '../layers/axis-softmax.js'
import { Permutation, Rearrange } from '../layers/rearrange.js'
import { ArgMax, Reduction } from '../layers/reductions.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { Translation } from './translation.js'
import type { LayerTranslator } from './translator.js'

export const reshape: LayerTranslator = {
  fixedSize: true,
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('reshape_param')
    const sizes = settings.messageOrEmpty('shape').numbers('dim')
    const stated = settings.number('axis', 0)
    const axis = stated < 0 ? stated + input.rank + 1 : stated
    const count = settings.number('num_axes', -1)
    const axes = count === -1 ? input.rank - axis : count
    const wrong = axis < 0 || axis > input.rank || count < -1 || axis + axes > input.rank
    if (wrong || sizes.some((size) => size < -1) || sizes.filter((size) => size === -1).length > 1) {
      const what = `reshapes axis ${stated}, num_axes ${count} into ${sizes.join(', ')}`
      throw net.error(layer, what, 'axes lie in the blob, and at most one size is −1', 'correct reshape_param')
    }
    return rearranged(layer, input, { sizes, axis, axes }, net)
  },
}

export const flatten: LayerTranslator = {
  fixedSize: true,
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('flatten_param')
    const axis = net.axisOf(layer, settings.number('axis', 1), input.rank)
    const end = net.axisOf(layer, settings.number('end_axis', -1), input.rank)
    if (end < axis)
      throw net.error(layer, `flattens axis ${axis} to ${end}`, 'the last is not before the first', 'correct it')
    return rearranged(layer, input, { sizes: [-1], axis, axes: end - axis + 1 }, net)
  },
}

/**
 * A blob of more than four axes is no map: it is put off until another reshape makes it one, and both become one layer.
 */
function rearranged(
  layer: CaffeLayer,
  input: Feature,
  { sizes, axis, axes }: { sizes: readonly number[]; axis: number; axes: number },
  net: Translation,
): Feature[] {
  const rank = input.rank - axes + sizes.length
  const start = input.putOff?.input ?? input
  const steps = [...(input.putOff?.steps ?? []), [axis, axes, ...sizes] as const]
  if (rank > 4) return [{ ...start, rank, putOff: { input: start, steps } }]
  return net.add(new Rearrange({ name: layer.modelName, rank: start.rank, steps }), [start], { rank })
}

/** SSD's Permute. */
export const permute: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const stated = layer.message.messageOrEmpty('permute_param').numbers('order')
    const order = [...stated, ...[0, 1, 2, 3].filter((axis) => !stated.includes(axis))]
    if (order.length !== 4 || order.some((axis) => axis > 3)) {
      throw net.error(layer, `has order ${stated.join(', ')}`, 'every axis 0 to 3 comes at most once', 'correct order')
    }
    return net.add(new Permutation({ name: layer.modelName, order }), [input])
  },
}

export const tile: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('tile_param')
    const axis = net.axisOf(layer, settings.number('axis', 1), input.rank)
    const count = settings.number('tiles', 0)
    if (count < 1) throw net.error(layer, `has tiles ${count}`, 'it repeats at least once', 'correct tiles')
    return net.add(new Tile({ name: layer.modelName, axis: ourAxis(axis), count }), [input])
  },
}

export const softmax: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const axis = net.axisOf(layer, layer.message.messageOrEmpty('softmax_param').number('axis', 1), input.rank)
    const name = layer.modelName
    if (axis === 1) return net.add(layers.softmax({ name, axis: -1 }), [input])
    return net.add(new AxisSoftmax({ name, axis: ourAxis(axis) }), [input])
  },
}

export const argMax: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('argmax_param')
    const stated = settings.number('axis')
    const axis = stated === undefined ? undefined : ourAxis(net.axisOf(layer, stated, input.rank))
    const top = settings.number('top_k', 1)
    const values = settings.flag('out_max_val', false)
    const config = { top, values, ...(axis !== undefined && { axis }) }
    return net.add(new ArgMax({ name: layer.modelName, ...config }), [input], {
      rank: axis === undefined ? 3 : input.rank,
    })
  },
}

export const reduction: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('reduction_param')
    const axis = net.axisOf(layer, settings.number('axis', 0), input.rank)
    const operations = { SUM: 'sum', ASUM: 'asum', SUMSQ: 'sumsq', MEAN: 'mean' } as const
    const operation = operations[settings.text('operation', 'SUM') as keyof typeof operations]
    const config = { operation, axis, coefficient: settings.number('coeff', 1) }
    return net.add(new Reduction({ name: layer.modelName, ...config }), [input], { rank: axis })
  },
}
