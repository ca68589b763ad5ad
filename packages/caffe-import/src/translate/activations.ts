import { Dropout } from '@pixelwise/core'
import { layers } from '@tensorflow/tfjs-layers'
import { Pointwise, type PointwiseConfig } from '../layers/pointwise.js'
import { type Message, makeMessage } from '../prototxt/message.js'
import type { CaffeLayer } from './feature.js'
import type { LayerTranslator } from './translator.js'

export const relu: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const alpha = layer.message.messageOrEmpty('relu_param').number('negative_slope', 0)
    const name = layer.modelName
    return net.add(alpha === 0 ? layers.reLU({ name }) : layers.leakyReLU({ name, alpha }), [input])
  },
}

/** Weights `[C]`, or one for all channels. */
export const prelu: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const settings = layer.message.messageOrEmpty('prelu_param')
    const shared = settings.flag('channel_shared', false)
    const shape = shared ? [] : [net.channels(layer, input)]
    const quarter = makeMessage('FillerParameter', layer.at, { type: 'constant', value: 0.25 })
    const [slopes] = net.parameters(layer, [{ shape, filler: settings.message('filler') ?? quarter }])
    const sharedAxes = shared ? [1, 2, 3] : [1, 2]
    return net.add(layers.prelu({ name: layer.modelName, sharedAxes }), [input], { weights: [{ blob: slopes }] })
  },
}

export const elu = pointwise((layer) => ({
  operation: 'elu',
  scale: layer.message.messageOrEmpty('elu_param').number('alpha', 1),
}))

export const sigmoid = stockActivation('sigmoid')
export const tanh = stockActivation('tanh')

function stockActivation(activation: 'sigmoid' | 'tanh'): LayerTranslator {
  return {
    translate(layer, [input], net) {
      net.expectArity(layer, 1)
      return net.add(layers.activation({ name: layer.modelName, activation }), [input])
    },
  }
}

export const dropout: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1)
    const rate = layer.message.messageOrEmpty('dropout_param').number('dropout_ratio', 0.5)
    if (!(rate >= 0 && rate < 1)) {
      throw net.error(layer, `has dropout_ratio ${rate}`, 'it is at least 0 and less than 1', 'correct dropout_ratio')
    }
    return net.add(new Dropout({ name: layer.modelName, rate }), [input])
  },
}

export const absVal = pointwise(() => ({ operation: 'abs' }))
export const bnll = pointwise(() => ({ operation: 'bnll' }))

export const power = pointwise((layer) => {
  const settings = layer.message.messageOrEmpty('power_param')
  return { operation: 'power', exponent: settings.number('power', 1), ...linear(settings) }
})

export const exponential = pointwise((layer) => {
  const settings = layer.message.messageOrEmpty('exp_param')
  return { operation: 'exp', ...linear(settings), ...base(settings) }
})

export const logarithm = pointwise((layer) => {
  const settings = layer.message.messageOrEmpty('log_param')
  return { operation: 'log', ...linear(settings), ...base(settings) }
})

export const threshold = pointwise((layer) => ({
  operation: 'threshold',
  limit: layer.message.messageOrEmpty('threshold_param').number('threshold', 0),
}))

export const clip = pointwise((layer) => {
  const settings = layer.message.messageOrEmpty('clip_param')
  return { operation: 'clip', low: settings.number('min'), high: settings.number('max') }
})

export const swish = pointwise((layer) => ({
  operation: 'swish',
  scale: layer.message.messageOrEmpty('swish_param').number('beta', 1),
}))

function pointwise(config: (layer: CaffeLayer) => PointwiseConfig): LayerTranslator {
  return {
    translate(layer, [input], net) {
      net.expectArity(layer, 1)
      const given = Object.entries(config(layer)).filter(([, value]) => value !== undefined)
      const finite = given.every(([, value]) => typeof value !== 'number' || Number.isFinite(value))
      if (!finite)
        throw net.error(layer, 'has a setting that is no finite number', 'settings are numbers', 'correct it')
      return net.add(new Pointwise({ name: layer.modelName, ...(Object.fromEntries(given) as PointwiseConfigData) }), [
        input,
      ])
    },
  }
}

type PointwiseConfigData = PointwiseConfig & Record<string, never>

function linear(settings: Message): { scale: number; shift: number } {
  return { scale: settings.number('scale', 1), shift: settings.number('shift', 0) }
}

/** Caffe's −1 stands for e. */
function base(settings: Message): { base?: number } {
  const value = settings.number('base', -1)
  return value === -1 ? {} : { base: value }
}
