import { BatchNormalization, ChannelScale, LocalResponseNormalization } from '@pixelwise/core'
import { ourShape } from '../layers/axes.js'
import { BatchStatistics } from '../layers/batch-statistics.js'
import { Broadcast } from '../layers/broadcast.js'
import { BroadcastAffine } from '../layers/broadcast-affine.js'
import { L2Normalization } from '../layers/l2-normalization.js'
import { MeanVarianceNormalization } from '../layers/mean-variance-normalization.js'
import { type Message, makeMessage } from '../prototxt/message.js'
import { blobValues } from '../weights/weight-source.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { ParameterSpec } from './parameter-spec.js'
import type { Translation } from './translation.js'
import type { LayerTranslator } from './translator.js'

export const localResponseNormalization: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('lrn_param')
    const size = settings.number('local_size', 5)
    if (size % 2 !== 1 || size > 1025) {
      throw net.error(layer, `has local_size ${size}`, 'the window has a middle, so it is odd', 'correct local_size')
    }
    const within = settings.text('norm_region') === 'WITHIN_CHANNEL'
    const config = {
      region: within ? ('within' as const) : ('across' as const),
      size,
      alpha: settings.number('alpha', 1),
      beta: settings.number('beta', 0.75),
      ...(!within && { k: settings.number('k', 1) }),
    }
    return net.add(new LocalResponseNormalization({ name: layer.modelName, ...config }), [input])
  },
}

/** Stored are sums: mean and variance follow by division by the third blob. */
export const batchNorm: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('batch_norm_param')
    const epsilon = settings.number('eps', 1e-5)
    const channels = net.channels(layer, input)
    const specs = [{ shape: [channels] }, { shape: [channels] }, { shape: [1] }]
    const [meanSum, varianceSum, factorBlob] = net.parameters(layer, specs)
    if (!settings.flag('use_global_stats', true)) {
      return net.add(new BatchStatistics({ name: layer.modelName, affine: false, epsilon }), [input])
    }
    const [factor] = blobValues(factorBlob)
    const divided = (values: Float32Array) => values.map((value) => (factor === 0 ? 0 : value / factor))
    const momentum = settings.number('moving_average_fraction', 0.999)
    const added = new BatchNormalization({ name: layer.modelName, scale: false, centre: false, epsilon, momentum })
    return net.add(added, [input], { weights: [divided(blobValues(meanSum)), divided(blobValues(varianceSum))] })
  },
}

/** Caffe's Scale: by weights along any axes, or by a second bottom. */
export const scale: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, [1, 2])
    const settings = layer.message.messageOrEmpty('scale_param')
    const bias = settings.flag('bias_term', false)
    const one = makeMessage('FillerParameter', layer.at, { type: 'constant', value: 1 })
    const filler = settings.message('filler') ?? one
    if (inputs.length === 2) return scaleByBottom(layer, inputs, settings, net)
    const covered = coveredAxes(layer, inputs[0], settings, net)
    const specs = [{ shape: covered.shape, filler }]
    if (bias) specs.push({ shape: covered.shape, filler: settings.message('bias_filler') ?? zero(layer) })
    return affine(layer, inputs[0], covered, specs, { scale: true, bias }, net)
  },
}

/** Caffe's Bias: weights along any axes, or a second bottom. */
export const bias: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, [1, 2])
    const settings = layer.message.messageOrEmpty('bias_param')
    if (inputs.length === 2) {
      const axis = net.axisOf(layer, settings.number('axis', 1), inputs[0].rank)
      return broadcast(layer, inputs, 'add', axis, net)
    }
    const covered = coveredAxes(layer, inputs[0], settings, net)
    const specs = [{ shape: covered.shape, filler: settings.message('filler') }]
    return affine(layer, inputs[0], covered, specs, { scale: false, bias: true }, net)
  },
}

export const meanVarianceNormalization: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('mvn_param')
    const config = {
      acrossChannels: settings.flag('across_channels', false),
      normalizeVariance: settings.flag('normalize_variance', true),
      epsilon: settings.number('eps', 1e-9),
    }
    return net.add(new MeanVarianceNormalization({ name: layer.modelName, ...config }), [input])
  },
}

/** ParseNet's and SSD's Normalize. */
export const normalize: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('norm_param')
    const channelShared = settings.flag('channel_shared', true)
    const one = makeMessage('FillerParameter', layer.at, { type: 'constant', value: 1 })
    const shape = channelShared ? [] : [net.channels(layer, input)]
    const [scales] = net.parameters(layer, [{ shape, filler: settings.message('scale_filler') ?? one }])
    const config = {
      acrossSpatial: settings.flag('across_spatial', true),
      channelShared,
      epsilon: settings.number('eps', 1e-10),
    }
    return net.add(new L2Normalization({ name: layer.modelName, ...config }), [input], { weights: [{ blob: scales }] })
  },
}

/**
 * The BN layers of the forks. PSPNet's has slope, bias, running mean and variance; that of DeconvNet, SegNet and ENet has
 * scale and shift, and normalises by the batch at hand unless its mode is INFERENCE.
 */
export const forkBatchNorm: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('bn_param')
    const channels = net.channels(layer, input)
    const stored = net.storedShapes(layer)
    const running = stored === undefined ? settings.has('slope_filler') || settings.has('frozen') : stored.length === 4
    const one = makeMessage('FillerParameter', layer.at, { type: 'constant', value: 1 })
    const shape = [1, channels, 1, 1]
    const scales = { shape, filler: settings.message('slope_filler') ?? settings.message('scale_filler') ?? one }
    const shifts = { shape, filler: settings.message('bias_filler') ?? settings.message('shift_filler') }
    const name = layer.modelName
    if (running) {
      const specs = [scales, shifts, { shape }, { shape, filler: one }]
      const weights = net.parameters(layer, specs).map((blob) => ({ blob }))
      const epsilon = settings.number('eps', 1e-5)
      const momentum = settings.number('momentum', 0.9)
      return net.add(new BatchNormalization({ name, epsilon, momentum }), [input], { weights })
    }
    const weights = net.parameters(layer, [scales, shifts]).map((blob) => ({ blob }))
    if (settings.text('bn_mode', 'LEARN') === 'INFERENCE') {
      return net.add(new ChannelScale({ name, bias: true }), [input], { weights })
    }
    return net.add(new BatchStatistics({ name, epsilon: settings.number('eps', 1e-9) }), [input], { weights })
  },
}

interface CoveredAxes {
  /** Caffe's shape of the weights. */
  readonly shape: readonly number[]
  readonly axis: number
}

function coveredAxes(layer: CaffeLayer, input: Feature, settings: Message, net: Translation): CoveredAxes {
  const axis = net.axisOf(layer, settings.number('axis', 1), input.rank)
  const count = settings.number('num_axes', 1)
  const end = count === -1 ? input.rank : axis + count
  if (count < -1 || end > input.rank) {
    throw net.error(layer, `has num_axes ${count}`, `axis ${axis} to ${input.rank - 1} are there`, 'correct num_axes')
  }
  const [batch, height, width, channels] = input.shape
  const shape = [batch, channels, height, width].slice(axis, end)
  if (shape.every((size) => size !== null)) return { shape, axis }
  throw net.error(
    layer,
    'has weights along an axis of unknown size',
    'weights need their sizes',
    'pass the input size: inputs',
  )
}

function affine(
  layer: CaffeLayer,
  input: Feature,
  { shape, axis }: CoveredAxes,
  specs: readonly ParameterSpec[],
  parts: { scale: boolean; bias: boolean },
  net: Translation,
): Feature[] {
  const blobs = net.parameters(layer, specs)
  const name = layer.modelName
  if (parts.scale && axis === 1 && shape.length === 1) {
    const weights = blobs.map((blob) => ({ blob }))
    return net.add(new ChannelScale({ name, bias: parts.bias }), [input], { weights })
  }
  const placed = [...Array(axis).fill(1), ...shape, 1, 1, 1].slice(0, 4)
  const [batch, height, width, channels] = ourShape(placed) as number[]
  const added = new BroadcastAffine({ name, shape: [batch, height, width, channels], ...parts })
  // `[N, C, H, W]` → `[N, H, W, C]` is the order of a kernel of one output, batch by batch.
  const weights = blobs.map((blob) => channelsLast(blobValues(blob), placed))
  return net.add(added, [input], { weights })
}

function channelsLast(values: Float32Array, [batch, channels, height, width]: readonly number[]): Float32Array {
  const cells = height * width
  return values.map((_, i) => {
    const channel = i % channels
    const cell = Math.floor(i / channels) % cells
    const image = Math.floor(i / channels / cells) % batch
    return values[(image * channels + channel) * cells + cell]
  })
}

function scaleByBottom(layer: CaffeLayer, inputs: readonly Feature[], settings: Message, net: Translation): Feature[] {
  const axis = net.axisOf(layer, settings.number('axis', 1), inputs[0].rank)
  if (!settings.flag('bias_term', false)) return broadcast(layer, inputs, 'multiply', axis, net)
  const rule = 'a second bottom together with bias_term needs weights of its shape'
  throw net.error(layer, 'scales by a bottom and has a bias', rule, 'move the bias into a Bias layer of its own')
}

function broadcast(
  layer: CaffeLayer,
  inputs: readonly Feature[],
  operation: 'multiply' | 'add',
  axis: number,
  net: Translation,
): Feature[] {
  const { rank } = inputs[1]
  if (axis + rank > inputs[0].rank) {
    throw net.error(layer, `spreads ${rank} axes from axis ${axis} on`, `there are ${inputs[0].rank}`, 'correct axis')
  }
  return net.add(new Broadcast({ name: layer.modelName, operation, axis, rank }), inputs)
}

function zero(layer: CaffeLayer): Message {
  return makeMessage('FillerParameter', layer.at, { type: 'constant', value: 0 })
}
