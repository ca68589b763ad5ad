import { Convolution, TransposedConvolution } from '@pixelwise/core'
import { caffeShape, product } from '../layers/axes.js'
import { InnerProduct } from '../layers/inner-product.js'
import type { Message } from '../prototxt/message.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { ParameterSpec } from './parameter-spec.js'
import type { Translation, WeightValues } from './translation.js'
import type { LayerTranslator } from './translator.js'
import { type Pair, windowPair } from './window-settings.js'

interface ConvolutionSettings {
  readonly filters: number
  readonly kernel: Pair
  readonly stride: Pair
  readonly pad: Pair
  readonly dilation: Pair
  readonly groups: number
  readonly bias: boolean
}

/** Caffe's Convolution, with the `hole` of early DeepLab as dilation. Weights `[out, in/groups, kh, kw]`. */
export const convolution: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = convolutionSettings(layer, net)
    const { filters, kernel, groups } = settings
    const channels = checkedChannels(layer, input, settings, net)
    const shape = [filters, channels / groups, ...kernel] as const
    const values = kernelAndBias(layer, shape, settings.bias ? filters : undefined, net)
    return net.add(new Convolution({ name: layer.modelName, ...settings, start: 'zeros' }), [input], {
      weights: values,
    })
  },
}

/** Caffe's Deconvolution: full kernels as FCN stores them, or grouped. Weights `[in, out/groups, kh, kw]`. */
export const deconvolution: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = convolutionSettings(layer, net)
    const { filters, kernel, groups } = settings
    const channels = checkedChannels(layer, input, settings, net)
    const shape = [channels, filters / groups, ...kernel] as const
    const values = kernelAndBias(layer, shape, settings.bias ? filters : undefined, net)
    const added = new TransposedConvolution({ name: layer.modelName, ...settings, start: 'zeros' })
    return net.add(added, [input], { weights: values })
  },
}

/**
 * Caffe's InnerProduct. Behind a map it becomes a convolution that covers the whole map of the size the net was trained
 * on, so that the net stays free of size: on a larger image it gives a map of scores.
 */
export const innerProduct: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('inner_product_param')
    const axis = net.axisOf(layer, settings.number('axis', 1), input.rank)
    return axis === 1 ? asConvolution(layer, input, settings, net) : alongAxis(layer, input, settings, axis, net)
  },
}

function asConvolution(layer: CaffeLayer, input: Feature, settings: Message, net: Translation): Feature[] {
  const units = settings.number('num_output', 0)
  const bias = settings.flag('bias_term', true)
  const transposed = settings.flag('transpose', false)
  const channels = net.channels(layer, input)
  const [height, width] = coveredMap(layer, input, channels, transposed, net)
  const size = channels * height * width
  const specs = denseSpecs(settings, transposed ? [size, units] : [units, size], bias ? units : undefined)
  const [kernel, biases] = net.parameters(layer, specs)
  const shape = [units, channels, height, width] as const
  const arrangement = transposed ? ({ transposedKernel: shape } as const) : ({ kernel: shape } as const)
  const added = new Convolution({
    name: layer.modelName,
    filters: units,
    kernel: [height, width],
    bias,
    start: 'zeros',
  })
  const weights = [{ blob: kernel, arrangement }, ...(bias ? [{ blob: biases }] : [])]
  return net.add(added, [input], { weights, rank: 2 })
}

/** The map below, from the size that the net names, or, where it names none, from the stored weights of a square map. */
function coveredMap(layer: CaffeLayer, input: Feature, channels: number, transposed: boolean, net: Translation): Pair {
  const [, height, width] = input.shape
  if (height !== null && width !== null) return [height, width]
  const shape = net.storedShapes(layer)?.[0]
  const size = shape?.at(transposed ? -2 : -1)
  const side = size === undefined ? Number.NaN : Math.sqrt(size / channels)
  if (Number.isInteger(side)) return [side, side]
  throw net.error(
    layer,
    'covers a map of unknown size',
    'its weights hold one number per cell of the map',
    'pass the input size that the net was trained on: inputs: { data: [3, 224, 224] }',
  )
}

function alongAxis(layer: CaffeLayer, input: Feature, settings: Message, axis: number, net: Translation): Feature[] {
  const units = settings.number('num_output', 0)
  const bias = settings.flag('bias_term', true)
  const transposed = settings.flag('transpose', false)
  const size = product(caffeShape(input.shape).slice(axis))
  if (size === null) {
    throw net.error(layer, 'reads a blob of unknown size', 'its weights depend on it', 'pass the input size: inputs')
  }
  const specs = denseSpecs(settings, transposed ? [size, units] : [units, size], bias ? units : undefined)
  const [kernel, biases] = net.parameters(layer, specs)
  const arrangement = transposed ? 'same' : ({ kernel: [units, size, 1, 1] } as const)
  const added = new InnerProduct({ name: layer.modelName, units, axis, size, bias })
  const weights: WeightValues[] = [{ blob: kernel, arrangement }, ...(bias ? [{ blob: biases }] : [])]
  return net.add(added, [input], { weights, rank: axis + 1 })
}

function convolutionSettings(layer: CaffeLayer, net: Translation): ConvolutionSettings {
  const settings = layer.message.messageOrEmpty('convolution_param')
  if (settings.number('axis', 1) !== 1) {
    throw net.error(
      layer,
      `has axis ${settings.number('axis')}`,
      'maps are convolved over rows and columns',
      'use axis 1',
    )
  }
  const filters = settings.number('num_output', 0)
  const groups = settings.number('group', 1)
  if (groups < 1 || filters < 1 || filters % groups !== 0) {
    const what = `has ${filters} outputs in ${groups} groups`
    throw net.error(layer, what, 'the groups divide the outputs', 'correct num_output or group')
  }
  const pairOf = (all: string, least: number, otherwise?: number, stem = all) =>
    windowPair(net, layer, settings, { names: [all, `${stem}_h`, `${stem}_w`], least, otherwise })
  const dilated = settings.has('dilation')
  return {
    filters,
    groups,
    kernel: pairOf('kernel_size', 1, undefined, 'kernel'),
    stride: pairOf('stride', 1, 1),
    pad: pairOf('pad', 0, 0),
    dilation: dilated ? pairOf('dilation', 1, 1) : pairOf('hole', 1, 1),
    bias: settings.flag('bias_term', true),
  }
}

function checkedChannels(layer: CaffeLayer, input: Feature, { groups }: ConvolutionSettings, net: Translation): number {
  const channels = net.channels(layer, input)
  if (channels % groups === 0) return channels
  const what = `cuts ${channels} channels into ${groups} groups`
  throw net.error(layer, what, 'the groups divide the channels', 'correct group, or the layer below')
}

function kernelAndBias(
  layer: CaffeLayer,
  shape: readonly [number, number, number, number],
  biases: number | undefined,
  net: Translation,
): WeightValues[] {
  const settings = layer.message.messageOrEmpty('convolution_param')
  const [kernel, bias] = net.parameters(layer, denseSpecs(settings, shape, biases))
  return [{ blob: kernel, arrangement: { kernel: shape } }, ...(bias === undefined ? [] : [{ blob: bias }])]
}

function denseSpecs(settings: Message, shape: readonly number[], biases: number | undefined): ParameterSpec[] {
  const weights = { shape, filler: settings.message('weight_filler') }
  return biases === undefined ? [weights] : [weights, { shape: [biases], filler: settings.message('bias_filler') }]
}
