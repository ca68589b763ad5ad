import { PixelwiseError } from '@pixelwise/masks/shared'
import { type FieldValue, Message, makeMessage } from '../prototxt/message.js'
import { type Position, place } from '../prototxt/tokens.js'
import { upgradeV0 } from './upgrade-v0.js'
import { upgradeV1 } from './upgrade-v1.js'

/** A net in today's form. */
export interface UpgradedNet {
  /** LayerParameter messages; inputs of the net come first, as an Input layer. */
  readonly layers: readonly Message[]
  /** What was changed, one sentence each. */
  readonly upgrades: readonly string[]
}

/**
 * Brings a net of any age into today's form: V0 and V1 layers become V2 layers, settings of the data move into
 * `transform_param`, and `input` fields become an Input layer.
 *
 * Throws `caffe/mixed-versions`, `caffe/bad-input` and the errors of the steps.
 * Source: Caffe's upgrade_proto.cpp.
 */
export function upgradeNet(net: Message, name: string): UpgradedNet {
  const upgrades: string[] = []
  const old = net.messages('layers')
  const today = net.messages('layer')
  if (old.length > 0 && today.length > 0) {
    throw new PixelwiseError('caffe/mixed-versions', {
      what: `${place(name, old[0].at)}: a "layers" field in a net with "layer" fields`,
      rule: 'a net is written in one version of the format',
      next: 'write all layers as "layer"',
    })
  }
  const inputs = inputLayer(net, name)
  if (inputs !== undefined) upgrades.push('the input fields became an Input layer')
  const layers = old.length > 0 ? upgradeOld(old, name, upgrades) : today
  const moved = layers.map(withTransform)
  const changed = moved.filter((layer, i) => layer !== layers[i]).length
  if (changed > 0) upgrades.push(`data settings of ${changed} layers moved to transform_param`)
  return { layers: inputs === undefined ? moved : [inputs, ...moved], upgrades }
}

function upgradeOld(old: readonly Message[], name: string, upgrades: string[]): Message[] {
  const isV0 = old.some((layer) => layer.has('layer'))
  upgrades.push(`${old.length} ${isV0 ? 'V0' : 'V1'} layers became V2 layers`)
  return isV0 ? upgradeV0(old, name) : old.map((layer) => upgradeV1(layer, name))
}

function inputLayer(net: Message, name: string): Message | undefined {
  const inputs = net.texts('input')
  if (inputs.length === 0) return undefined
  const shapes = net.messages('input_shape')
  const dims = net.numbers('input_dim')
  const at: Position = net.fields.get('input')?.[0].at ?? net.at
  // A net may leave its sizes to the caller.
  if (shapes.length + dims.length === 0) {
    return makeMessage('LayerParameter', at, { name: 'input', type: 'Input', top: inputs })
  }
  const wrong =
    shapes.length > 0 ? shapes.length !== inputs.length || dims.length > 0 : dims.length !== 4 * inputs.length
  if (wrong) {
    throw new PixelwiseError('caffe/bad-input', {
      what: `${place(name, at)}: ${inputs.length} inputs, ${shapes.length} input_shape, ${dims.length} input_dim`,
      rule: 'every input has either one input_shape or four input_dim',
      next: 'write input_shape { dim: 1 dim: 3 dim: 500 dim: 500 } for each input',
    })
  }
  const fromDims = inputs.map((_, i) => makeMessage('BlobShape', at, { dim: dims.slice(4 * i, 4 * i + 4) }))
  return makeMessage('LayerParameter', at, {
    name: 'input',
    type: 'Input',
    top: inputs,
    input_param: makeMessage('InputParameter', at, { shape: shapes.length > 0 ? shapes : fromDims }),
  })
}

const dataMessages = ['data_param', 'image_data_param', 'window_data_param']
const transformFields = ['scale', 'mean_file', 'crop_size', 'mirror']

/** Data layers of old files carry their transformation themselves. */
function withTransform(layer: Message): Message {
  const moved: Record<string, FieldValue | undefined> = {}
  const changes: Record<string, Message> = {}
  for (const field of dataMessages) {
    const data = layer.message(field)
    const present = transformFields.filter((name) => data?.has(name))
    if (data === undefined || present.length === 0) continue
    for (const name of present) moved[name] = data.fields.get(name)?.at(-1)?.value
    changes[field] = data.with(Object.fromEntries(present.map((name) => [name, undefined])))
  }
  if (Object.keys(moved).length === 0) return layer
  const transform = layer.message('transform_param') ?? new Message('TransformationParameter', layer.at)
  return layer.with({ ...changes, transform_param: transform.with(moved) })
}
