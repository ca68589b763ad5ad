import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Message, makeMessage } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'
import { v1TypeName } from './v1-types.js'

/**
 * A V1 layer as a V2 layer: its type gets its new name, and learning rates, decays and names of parameters become
 * `param` messages. Throws `caffe/unknown-v1-type`.
 */
export function upgradeV1(layer: Message, name: string): Message {
  const type = v1TypeName(layer.text('type', 'NONE'))
  if (type === undefined || type === '') {
    throw new PixelwiseError('caffe/unknown-v1-type', {
      what: `${place(name, layer.at)}: layer "${layer.text('name', '')}" has type ${layer.text('type', 'NONE')}`,
      rule: 'a layer says what it computes',
      next: 'give the layer a type',
    })
  }
  return makeMessage('LayerParameter', layer.at, {
    ...Object.fromEntries([...layer.fields].map(([field, entries]) => [field, entries.map(({ value }) => value)])),
    ...withoutV1Fields,
    type,
    param: parameterSpecs(layer),
  })
}

const withoutV1Fields = { blobs_lr: undefined, weight_decay: undefined, blob_share_mode: undefined, layer: undefined }

function parameterSpecs(layer: Message): Message[] {
  const rates = layer.numbers('blobs_lr')
  const decays = layer.numbers('weight_decay')
  const names = layer.texts('param')
  const modes = layer.texts('blob_share_mode')
  const count = Math.max(rates.length, decays.length, names.length)
  return Array.from({ length: count }, (_, i) =>
    makeMessage('ParamSpec', layer.at, {
      name: names[i],
      share_mode: modes[i],
      lr_mult: rates[i],
      decay_mult: decays[i],
    }),
  )
}
