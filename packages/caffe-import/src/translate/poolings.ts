import { AveragePooling, MaxPooling, MaxPoolingWithSwitches, MaxUnpooling, type PoolingConfig } from '@pixelwise/core'
import { GlobalPooling } from '../layers/global-pooling.js'
import { SwitchUpsampling } from '../layers/switch-upsampling.js'
import type { Message } from '../prototxt/message.js'
import type { CaffeLayer, Feature } from './feature.js'
import type { Translation } from './translation.js'
import type { LayerTranslator } from './translator.js'
import { type Pair, windowPair } from './window-settings.js'

/** Caffe's Pooling: MAX (with the switches as second top), AVE, global; ceil or floor. */
export const pooling: LayerTranslator = {
  translate(layer, [input], net) {
    net.expectArity(layer, 1, 2)
    const settings = layer.message.messageOrEmpty('pooling_param')
    const method = settings.text('pool', 'MAX')
    if (method === 'STOCHASTIC') {
      const rule = 'it draws at random, and Caffe itself computes it on the GPU only'
      throw net.error(layer, 'pools by STOCHASTIC', rule, 'use MAX or AVE, or give a translator of your own')
    }
    if (method !== 'MAX' && layer.tops.length > 1) {
      throw net.error(layer, 'has a second top', 'only MAX has switches', 'remove the second top')
    }
    if (settings.flag('global_pooling', false)) return globalPooling(layer, input, method, settings, net)
    const config = poolingConfig(layer, settings, net)
    if (method === 'AVE') return net.add(new AveragePooling({ name: layer.modelName, ...config }), [input])
    if (layer.tops.length === 1) return net.add(new MaxPooling({ name: layer.modelName, ...config }), [input])
    const [values, switches] = net.add(new MaxPoolingWithSwitches({ name: layer.modelName, ...config }), [input])
    const { window, stride = window, pad = 0 } = config
    return [values, { ...switches, pooled: { input, window, stride, pad } }]
  },
}

function globalPooling(
  layer: CaffeLayer,
  input: Feature,
  method: string,
  settings: Message,
  net: Translation,
): Feature[] {
  const [pad, stride] = [settings.number('pad', 0), settings.number('stride', 1)]
  if (pad !== 0 || stride !== 1 || layer.tops.length > 1 || settings.has('kernel_size')) {
    const rule = 'the window is the whole map: no kernel_size, pad 0, stride 1, one top'
    throw net.error(layer, 'pools globally with a window', rule, 'remove the other settings')
  }
  const operation = method === 'AVE' ? 'mean' : 'max'
  return net.add(new GlobalPooling({ name: layer.modelName, operation }), [input])
}

function poolingConfig(layer: CaffeLayer, settings: Message, net: Translation): PoolingConfig & { window: Pair } {
  const pairOf = (all: string, stem: string, least: number, otherwise?: number) =>
    windowPair(net, layer, settings, { names: [all, `${stem}_h`, `${stem}_w`], least, otherwise })
  const window = pairOf('kernel_size', 'kernel', 1)
  const pad = pairOf('pad', 'pad', 0, 0)
  if (pad[0] >= window[0] || pad[1] >= window[1]) {
    throw net.error(
      layer,
      `pads ${pad.join('×')}`,
      `padding is less than the window, ${window.join('×')}`,
      'correct pad',
    )
  }
  return {
    window,
    stride: pairOf('stride', 'stride', 1, 1),
    pad,
    rounding: settings.text('round_mode', 'CEIL') === 'FLOOR' ? 'floor' : 'ceil',
  }
}

/** DeconvNet's Unpooling: values go back to where the pooling found them. */
export const unpooling: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, 2)
    const settings = layer.message.messageOrEmpty('unpooling_param')
    const method = settings.text('unpool', 'MAX')
    if (method !== 'MAX') {
      throw net.error(layer, `unpools by ${method}`, 'values go back to one place, by the switches', 'use MAX')
    }
    const pairOf = (all: string, stem: string, least: number, otherwise?: number) =>
      windowPair(net, layer, settings, { names: [all, `${stem}_h`, `${stem}_w`], least, otherwise })
    const named = settings.has('unpool_size') || settings.has('unpool_h')
    const fixed = named ? pairOf('unpool_size', 'unpool', 1) : undefined
    const stride = pairOf('stride', 'stride', 1, 1)
    const kernel = pairOf('kernel_size', 'kernel', 1, 2)
    const pad = pairOf('pad', 'pad', 0, 0)
    const less: Pair = [0, 1].map((axis) => stride[axis] + 2 * pad[axis] - kernel[axis]) as unknown as Pair
    return putBack(layer, inputs, { factor: stride, less, fixed }, net)
  },
}

/** SegNet's and ENet's Upsample: like Unpooling, its size stated as a factor or outright. */
export const upsample: LayerTranslator = {
  translate(layer, inputs, net) {
    net.expectArity(layer, 2)
    const settings = layer.message.messageOrEmpty('upsample_param')
    const factor = windowPair(net, layer, settings, { names: ['scale', 'scale_h', 'scale_w'], least: 1, otherwise: 2 })
    const less: Pair = [Number(settings.flag('pad_out_h', false)), Number(settings.flag('pad_out_w', false))]
    const [height, width] = [settings.number('upsample_h'), settings.number('upsample_w')]
    const fixed = height === undefined || width === undefined ? undefined : ([height, width] as const)
    return putBack(layer, inputs, { factor, less, fixed }, net)
  },
}

/**
 * Where the stated size is that of the map before the pooling, that map gives it, and the net takes any image.
 */
function putBack(
  layer: CaffeLayer,
  [values, switches]: readonly Feature[],
  { factor, less, fixed }: { factor: Pair; less: Pair; fixed: Pair | undefined },
  net: Translation,
): Feature[] {
  const { pooled } = switches
  const [, height, width] = values.shape
  const stated = fixed ?? [enlarged(height, factor[0], less[0]), enlarged(width, factor[1], less[1])]
  const undone = pooled !== undefined && [0, 1].every((axis) => pooled.input.shape[axis + 1] === stated[axis])
  if (pooled !== undefined && undone) {
    const { window, stride, pad, input } = pooled
    return net.add(new MaxUnpooling({ name: layer.modelName, window, stride, pad }), [values, switches, input])
  }
  const config = { factor, less, ...(fixed && { fixed }) }
  return net.add(new SwitchUpsampling({ name: layer.modelName, ...config }), [values, switches])
}

function enlarged(size: number | null, factor: number, less: number): number | null {
  return size === null ? null : size * factor - less
}
