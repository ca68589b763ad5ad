import { alignmentOffset, Concatenation, CropLike, coreLayers, LayerRegistry } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { ourAxis } from '../layers/axes.js'
import { AxisConcatenation, AxisCrop, AxisSlice } from '../layers/axis-parts.js'
import { caffeLayers } from '../layers/caffe-layers.js'
import { Elementwise } from '../layers/elementwise.js'
import type { Message } from '../prototxt/message.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { Translation } from './translation.js'
import type { LayerTranslator } from './translator.js'

const many = Number.POSITIVE_INFINITY

export const eltwise: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, [2, many])
    const settings = layer.message.messageOrEmpty('eltwise_param')
    const operations = { SUM: 'sum', PROD: 'product', MAX: 'maximum' } as const
    const operation = operations[settings.text('operation', 'SUM') as keyof typeof operations]
    const coefficients = settings.numbers('coeff')
    if (coefficients.length > 0 && (operation !== 'sum' || coefficients.length !== inputs.length)) {
      const what = `has ${coefficients.length} coeff for ${inputs.length} bottoms`
      throw net.error(layer, what, 'a SUM has none, or one for each bottom', 'correct coeff')
    }
    const config = { operation, ...(coefficients.length > 0 && { coefficients }) }
    return net.add(new Elementwise({ name: layer.modelName, ...config }), inputs)
  },
}

export const concat: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, [1, many])
    const settings = layer.message.messageOrEmpty('concat_param')
    const axis = joinedAxis(layer, settings, 'concat_dim', inputs[0], net)
    if (inputs.length === 1) return [inputs[0]]
    const clash = [0, 1, 2, 3].find((other) => {
      const sizes = new Set(inputs.map(({ shape }) => shape[ourAxis(other)]).filter((size) => size !== null))
      return other !== axis && sizes.size > 1
    })
    if (clash !== undefined) {
      const sizes = inputs.map(({ shape }) => shape[ourAxis(clash)] ?? '?').join(', ')
      const rule = `blobs joined along axis ${axis} agree in all others`
      throw net.error(layer, `joins blobs of sizes ${sizes} along axis ${clash}`, rule, 'crop them to one size first')
    }
    const name = layer.modelName
    const joined = axis === 1 ? new Concatenation({ name }) : new AxisConcatenation({ name, axis: ourAxis(axis) })
    return net.add(joined, inputs)
  },
}

export const slice: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1, many)
    const settings = layer.message.messageOrEmpty('slice_param')
    const axis = joinedAxis(layer, settings, 'slice_dim', input, net)
    const parts = layer.tops.length
    if (parts === 1) return [input]
    const size = input.shape[ourAxis(axis)]
    const stated = settings.numbers('slice_point')
    const points = stated.length > 0 ? stated : equalParts(layer, size, parts, net)
    const ends = [0, ...points, size ?? many]
    if (points.length !== parts - 1 || ends.some((end, i) => i > 0 && end <= ends[i - 1])) {
      const what = `cuts ${size ?? 'an unknown number of'} values at ${points.join(', ')} for ${parts} tops`
      throw net.error(layer, what, 'the points rise and make as many parts as there are tops', 'correct slice_point')
    }
    return net.add(new AxisSlice({ name: layer.modelName, axis: ourAxis(axis), points }), [input])
  },
}

function equalParts(layer: CaffeLayer, size: number | null, parts: number, net: Translation): number[] {
  if (size === null || size % parts !== 0) {
    const rule = 'without slice_point the parts are equal'
    throw net.error(layer, `cuts ${size ?? 'an unknown number of'} values into ${parts}`, rule, 'add slice_point')
  }
  return Array.from({ length: parts - 1 }, (_, i) => ((i + 1) * size) / parts)
}

/** Readers of one blob read one tensor, so nothing is added. */
export const split: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1, many)
    return layer.tops.map(() => input)
  },
}

/**
 * Caffe's Crop. One without settings is of the time when its offset was inferred from the net (FCN's first releases,
 * CRF-RNN): it is solved from the geometry of the model.
 */
export const crop: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, 2)
    const settings = layer.message.message('crop_param')
    const [input, reference] = inputs
    const name = layer.modelName
    if (settings === undefined) {
      return net.add(new CropLike({ name, offset: inferredOffset(layer, input, reference, net) }), inputs)
    }
    const axis = net.axisOf(layer, settings.number('axis', 2), input.rank)
    const stated = settings.numbers('offset')
    const count = input.rank - axis
    if (stated.length > 1 && stated.length !== count) {
      const what = `has ${stated.length} offsets from axis ${axis} on`
      throw net.error(layer, what, `none, one for all, or ${count}`, 'correct offset')
    }
    const offsets = Array.from({ length: count }, (_, i) => stated[stated.length > 1 ? i : 0] ?? 0)
    checkFits(layer, input, reference, axis, offsets, net)
    if (axis === 2 && count === 2) return net.add(new CropLike({ name, offset: [offsets[0], offsets[1]] }), inputs)
    return net.add(new AxisCrop({ name, axis, offsets }), inputs)
  },
}

function checkFits(
  layer: CaffeLayer,
  input: Feature,
  reference: Feature,
  axis: number,
  offsets: readonly number[],
  net: Translation,
): void {
  offsets.forEach((offset, i) => {
    const has = input.shape[ourAxis(axis + i)]
    const needs = reference.shape[ourAxis(axis + i)]
    if (has === null || needs === null || offset + needs <= has) return
    const what = `takes ${needs} of ${has} values at ${offset} along axis ${axis + i}`
    throw net.error(layer, what, 'the cut lies inside the blob', 'correct offset, or the padding of the first layer')
  })
}

function inferredOffset(layer: CaffeLayer, input: Feature, reference: Feature, net: Translation): [number, number] {
  const layers = new LayerRegistry(coreLayers, caffeLayers)
  const [, height, width] = net.inputs[0]?.shape ?? []
  const inputSize = height != null && width != null ? ([height, width] as const) : undefined
  const model = { inputs: net.inputs.map(({ tensor }) => tensor) }
  let failure: unknown
  for (const image of model.inputs) {
    try {
      return alignmentOffset(model, input.tensor, reference.tensor, { layers, inputSize, input: image })
    } catch (error) {
      if (!(error instanceof PixelwiseError)) throw error
      failure ??= error
    }
  }
  const reason = failure instanceof PixelwiseError ? failure.what : 'the net has no inputs'
  const rule = 'an offset that the net does not state follows from its strides and paddings'
  throw net.error(
    layer,
    `has no crop_param, and its offset cannot be solved (${reason})`,
    rule,
    'add crop_param { offset: … }',
  )
}

/** `axis`, or its old name, which may not be negative. */
function joinedAxis(layer: CaffeLayer, settings: Message, old: string, input: Feature, net: Translation): number {
  if (settings.has('axis') && settings.has(old)) {
    throw net.error(layer, `has axis and ${old}`, `${old} is the old name of axis`, 'remove one of them')
  }
  return net.axisOf(layer, settings.number(old) ?? settings.number('axis', 1), input.rank)
}
