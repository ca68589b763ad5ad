import { PixelwiseError } from '@pixelwise/masks/shared'
import { type FieldValue, type Message, makeMessage } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'
import { upgradeV1 } from './upgrade-v1.js'

/**
 * V0 layers as V2 layers: every setting moves into the message of its layer type, and padding layers vanish into the
 * convolutions and poolings behind them.
 *
 * Throws `caffe/unknown-v0-type`, `caffe/stray-v0-field` and `caffe/stray-padding`.
 * Source: Caffe's upgrade_proto.cpp.
 */
export function upgradeV0(layers: readonly Message[], name: string): Message[] {
  const paddings = new Map<string, { pad: number; bottom: string }>()
  const upgraded: Message[] = []
  for (const layer of layers) {
    const inner = layer.message('layer')
    if (inner === undefined) {
      upgraded.push(upgradeV1(layer, name))
      continue
    }
    const bottoms = layer.texts('bottom')
    if (inner.text('type') === 'padding') {
      paddings.set(layer.text('top', ''), { pad: inner.number('pad', 0), bottom: bottoms[0] ?? '' })
      continue
    }
    const padded = bottoms.filter((bottom) => paddings.has(bottom))
    if (padded.length > 0 && (bottoms.length > 1 || !/^(conv|pool)$/.test(inner.text('type', '')))) {
      throw new PixelwiseError('caffe/stray-padding', {
        what: `${place(name, inner.at)}: layer "${inner.text('name', '')}" reads the padding layer's blob "${padded[0]}"`,
        rule: 'only a convolution or pooling can take over the padding before it',
        next: 'give the layers that need padding a pad of their own',
      })
    }
    const padding = paddings.get(bottoms[0])
    const source = padding === undefined ? bottoms : [padding.bottom]
    upgraded.push(upgradeLayer(layer.with({ bottom: source }), inner, padding?.pad, name))
  }
  return upgraded
}

function upgradeLayer(layer: Message, inner: Message, pad: number | undefined, name: string): Message {
  const type = types[inner.text('type', '')]
  if (type === undefined) {
    throw new PixelwiseError('caffe/unknown-v0-type', {
      what: `${place(name, inner.at)}: layer "${inner.text('name', '')}" has type "${inner.text('type', '')}"`,
      rule: `known: ${Object.keys(types).join(', ')}`,
      next: "correct the type, or write the net in today's format",
    })
  }
  const settings = new Map<string, Record<string, FieldValue | readonly FieldValue[]>>()
  const put = (message: string, field: string, value: FieldValue | readonly FieldValue[]) => {
    settings.set(message, { ...settings.get(message), [field]: value })
  }
  for (const [field, entries] of inner.fields) {
    if (plainFields.has(field)) continue
    const target = placeOf(field, type.message)
    if (target === undefined) {
      throw new PixelwiseError('caffe/stray-v0-field', {
        what: `${place(name, entries[0].at)}: ${field} in layer "${inner.text('name', '')}" of type ${inner.text('type')}`,
        rule: 'this type of layer has no such setting',
        next: 'remove the field',
      })
    }
    put(
      target.message,
      target.field,
      entries.map(({ value }) => value),
    )
  }
  if (pad !== undefined && type.message !== undefined) put(type.message, 'pad', pad)
  const rates = inner.numbers('blobs_lr')
  const decays = inner.numbers('weight_decay')
  const specs = Array.from({ length: Math.max(rates.length, decays.length) }, (_, i) =>
    makeMessage('ParamSpec', inner.at, { lr_mult: rates[i], decay_mult: decays[i] }),
  )
  return makeMessage('LayerParameter', inner.at, {
    name: inner.text('name', ''),
    type: type.name,
    bottom: layer.texts('bottom'),
    top: layer.texts('top'),
    param: specs,
    ...Object.fromEntries([...settings].map(([message, fields]) => [message, makeMessage(message, inner.at, fields)])),
  })
}

const types: Readonly<Record<string, { readonly name: string; readonly message?: string }>> = {
  accuracy: { name: 'Accuracy' },
  bnll: { name: 'BNLL' },
  concat: { name: 'Concat', message: 'concat_param' },
  conv: { name: 'Convolution', message: 'convolution_param' },
  data: { name: 'Data', message: 'data_param' },
  dropout: { name: 'Dropout', message: 'dropout_param' },
  euclidean_loss: { name: 'EuclideanLoss' },
  flatten: { name: 'Flatten' },
  hdf5_data: { name: 'HDF5Data', message: 'hdf5_data_param' },
  hdf5_output: { name: 'HDF5Output' },
  im2col: { name: 'Im2col', message: 'convolution_param' },
  images: { name: 'ImageData', message: 'image_data_param' },
  infogain_loss: { name: 'InfogainLoss', message: 'infogain_loss_param' },
  innerproduct: { name: 'InnerProduct', message: 'inner_product_param' },
  lrn: { name: 'LRN', message: 'lrn_param' },
  multinomial_logistic_loss: { name: 'MultinomialLogisticLoss' },
  pool: { name: 'Pooling', message: 'pooling_param' },
  relu: { name: 'ReLU' },
  sigmoid: { name: 'Sigmoid' },
  softmax: { name: 'Softmax' },
  softmax_loss: { name: 'SoftmaxWithLoss' },
  split: { name: 'Split' },
  tanh: { name: 'TanH' },
  window_data: { name: 'WindowData', message: 'window_data_param' },
}

const plainFields = new Set(['name', 'type', 'blobs', 'blobs_lr', 'weight_decay', 'hdf5_output_param'])

/** Today's name of each setting, by the messages that have it. */
const settingsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  convolution_param: {
    num_output: 'num_output',
    biasterm: 'bias_term',
    weight_filler: 'weight_filler',
    bias_filler: 'bias_filler',
    pad: 'pad',
    kernelsize: 'kernel_size',
    group: 'group',
    stride: 'stride',
  },
  inner_product_param: {
    num_output: 'num_output',
    biasterm: 'bias_term',
    weight_filler: 'weight_filler',
    bias_filler: 'bias_filler',
  },
  pooling_param: { pool: 'pool', pad: 'pad', kernelsize: 'kernel_size', stride: 'stride' },
  dropout_param: { dropout_ratio: 'dropout_ratio' },
  lrn_param: { local_size: 'local_size', alpha: 'alpha', beta: 'beta', k: 'k' },
  concat_param: { concat_dim: 'concat_dim' },
  infogain_loss_param: { source: 'source' },
  hdf5_data_param: { source: 'source', batchsize: 'batch_size' },
  data_param: { source: 'source', batchsize: 'batch_size', rand_skip: 'rand_skip' },
  image_data_param: {
    source: 'source',
    batchsize: 'batch_size',
    rand_skip: 'rand_skip',
    new_height: 'new_height',
    new_width: 'new_width',
    shuffle_images: 'shuffle',
  },
  window_data_param: {
    source: 'source',
    batchsize: 'batch_size',
    det_fg_threshold: 'fg_threshold',
    det_bg_threshold: 'bg_threshold',
    det_fg_fraction: 'fg_fraction',
    det_context_pad: 'context_pad',
    det_crop_mode: 'crop_mode',
  },
}

const transforms: Readonly<Record<string, string>> = {
  scale: 'scale',
  meanfile: 'mean_file',
  cropsize: 'crop_size',
  mirror: 'mirror',
}

function placeOf(field: string, message: string | undefined): { message: string; field: string } | undefined {
  const own = message === undefined ? undefined : settingsOf[message]?.[field]
  if (message !== undefined && own !== undefined) return { message, field: own }
  const isData = message !== undefined && /data_param$/.test(message)
  return isData && field in transforms ? { message: 'transform_param', field: transforms[field] } : undefined
}
