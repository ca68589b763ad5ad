import type { Shape } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { input } from '@tensorflow/tfjs-layers'
import { ourShape } from '../layers/axes.js'
import { shapeText, shortName } from '../names.js'
import type { BlobVersion, Graph, GraphLayer } from '../net/graph.js'
import type { Message } from '../prototxt/message.js'
import { place } from '../prototxt/tokens.js'
import type { WeightSource } from '../weights/weight-source.js'
import type { Feature } from './feature.js'

/** Sizes of one input without the batch, in Caffe's order: channels, then rows and columns where they are known. */
export type InputSize = readonly [channels: number, height?: number, width?: number]

export interface InputOptions {
  readonly name: string
  /** Sizes by blob; they win over what the net says. */
  readonly sizes: Readonly<Record<string, InputSize>>
  /** Build the model for the stated size only. */
  readonly fixed: boolean
  readonly weights?: WeightSource
  /** Takes sentences about what had to be assumed. */
  note(text: string): void
}

/**
 * The model's input for one top of a data layer.
 *
 * Sizes come from the options, the layer itself, the weights of the first convolution, else three channels are assumed
 * and noted. Rows and columns stay free unless a layer needs them fixed.
 * Throws `caffe/bad-input` and `caffe/unknown-input-size`.
 */
export function inputFeature(
  layer: GraphLayer,
  top: number,
  graph: Graph,
  modelName: string,
  options: InputOptions,
): Feature {
  const blob = layer.tops[top]
  const sizes = statedSizes(layer, top, options)
  const dims = sizes ?? [null, channelsOf(blob, graph, options), null, null]
  const bad = dims.find((size) => size !== null && (!Number.isInteger(size) || size < 1 || size > largest))
  if (bad !== undefined || dims.length < 1 || dims.length > 4) {
    throw new PixelwiseError('caffe/bad-input', {
      what: `${place(options.name, layer.at)}: input "${shortName(blob.name)}" has shape ${shapeText(dims)}`,
      rule: `inputs have one to four axes, each of 1 to ${largest}`,
      next: 'correct the input shape',
    })
  }
  const shape = ourShape(dims)
  const free = (size: number | null, axis: number) => (dims.length > axis && !options.fixed ? null : size)
  const symbolic = [free(shape[1], 2), free(shape[2], 3), shape[3]]
  if (options.fixed && symbolic.includes(null)) {
    throw new PixelwiseError('caffe/unknown-input-size', {
      what: `${place(options.name, layer.at)}: input "${shortName(blob.name)}" has shape ${shapeText(dims)}`,
      rule: 'a net with Reshape or Flatten layers works on one size',
      next: `pass it: inputs: { ${JSON.stringify(shortName(blob.name))}: [channels, height, width] }`,
    })
  }
  const known: Shape = [null, shape[1], shape[2], shape[3]]
  return { tensor: input({ shape: symbolic, name: modelName }), rank: dims.length, shape: known }
}

/** No image is that large; a damaged file might say so. */
const largest = 2 ** 20

/** Caffe's sizes, batch first; undefined where neither options nor layer say them. */
function statedSizes(layer: GraphLayer, top: number, { sizes, name }: InputOptions): Shape | undefined {
  const own = Object.hasOwn(sizes, layer.tops[top].name) ? sizes[layer.tops[top].name] : undefined
  if (own !== undefined) return [null, own[0], own[1] ?? null, own[2] ?? null]
  const { message } = layer
  switch (layer.type) {
    case 'Input':
      return oneOf(layer, message.messageOrEmpty('input_param').messages('shape'), top, name)?.numbers('dim')
    case 'DummyData':
      return dummySizes(layer, top, name)
    case 'MemoryData': {
      const settings = message.messageOrEmpty('memory_data_param')
      return [null, settings.number('channels', 0), settings.number('height', 0), settings.number('width', 0)]
    }
    default:
      return undefined
  }
}

function dummySizes(layer: GraphLayer, top: number, name: string): Shape | undefined {
  const settings = layer.message.messageOrEmpty('dummy_data_param')
  const shape = oneOf(layer, settings.messages('shape'), top, name)
  if (shape !== undefined) return shape.numbers('dim')
  const size = (field: string) => settings.numbers(field)[top] ?? settings.numbers(field)[0]
  const sizes = [size('num'), size('channels'), size('height'), size('width')]
  return sizes.includes(undefined as unknown as number) ? undefined : sizes
}

/** Shapes are given once for all tops, or once for each. */
function oneOf(layer: GraphLayer, shapes: readonly Message[], top: number, name: string): Message | undefined {
  if (shapes.length <= 1 || shapes.length === layer.tops.length) return shapes[shapes.length === 1 ? 0 : top]
  throw new PixelwiseError('caffe/bad-input', {
    what: `${place(name, layer.at)}: layer "${shortName(layer.name)}" has ${shapes.length} shapes for ${layer.tops.length} tops`,
    rule: 'there is one shape for all tops, or one for each',
    next: 'correct the shapes',
  })
}

function channelsOf(blob: BlobVersion, graph: Graph, { weights, note }: InputOptions): number {
  for (const { name, type, bottoms, message } of graph.layers) {
    if (type !== 'Convolution' || !bottoms.includes(blob)) continue
    const shape = weights?.layers.find((layer) => layer.name === name && layer.blobs.length > 0)?.blobs[0].shape
    if (shape?.length === 4) return shape[1] * message.messageOrEmpty('convolution_param').number('group', 1)
  }
  note(`input "${shortName(blob.name)}": the net does not say its channels; 3 assumed (say so with inputs)`)
  return 3
}
