import type { Preprocessing } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { GraphLayer } from '../net/graph.js'
import type { Feature } from './feature.js'

/** What is known of a net's input beside the net; everything else is taken from its data layers. */
export interface PreprocessingOptions {
  /** Subtracted from each channel, in the net's order; or one number for all. */
  readonly mean?: readonly number[] | number
  /** Multiplied after the mean is taken off. */
  readonly scale?: number
  /** Caffe nets take BGR unless told. */
  readonly channelOrder?: 'rgb' | 'bgr'
}

/**
 * How images become the net's input: by the options, else the transformation of the data layer, else the mean in the
 * settings of a Python data layer. Undefined for inputs that are no images (other than 1, 3 or 4 channels).
 *
 * Throws `caffe/mean-differs` for a mean in the options with more or fewer numbers than channels.
 */
export function preprocessingOf(
  layers: readonly GraphLayer[],
  { shape: [, , , channels] }: Feature,
  options: PreprocessingOptions = {},
): Preprocessing | undefined {
  if (channels !== 1 && channels !== 3 && channels !== 4) return undefined
  requireChannels(options.mean, channels)
  const transforms = layers.flatMap(({ message }) => message.message('transform_param') ?? [])
  const mean = options.mean ?? firstOf(transforms.map((one) => one.numbers('mean_value'))) ?? pythonMean(layers)
  const scale = options.scale ?? transforms.find((one) => one.has('scale'))?.number('scale', 1) ?? 1
  return {
    inputKind: ({ 1: 'grey', 3: 'rgb', 4: 'rgbd' } as const)[channels],
    channelOrder: options.channelOrder ?? (channels === 1 ? 'rgb' : 'bgr'),
    mean: perChannel(mean ?? 0, channels),
    scale: perChannel(scale, channels),
  }
}

function requireChannels(mean: PreprocessingOptions['mean'], channels: number): void {
  if (!Array.isArray(mean) || mean.length === 1 || mean.length === channels) return
  throw new PixelwiseError('caffe/mean-differs', {
    what: `a mean of ${mean.length} numbers for an input of ${channels} ${channels === 1 ? 'channel' : 'channels'}`,
    rule: 'it has one number for each channel, in the order of the net, or one for all',
    next: 'correct the mean',
  })
}

function firstOf(lists: readonly number[][]): number[] | undefined {
  return lists.find((list) => list.length > 0)
}

/** Python data layers say it as a dictionary: `'mean': (104.0, 116.7, 122.7)`. */
function pythonMean(layers: readonly GraphLayer[]): number[] | undefined {
  for (const { message } of layers) {
    const settings = message.messageOrEmpty('python_param').text('param_str', '')
    const [, list] = /['"]mean['"]\s*:\s*[([]([-+.\deE,\s]{1,200})[)\]]/.exec(settings) ?? []
    const numbers = list?.split(',').map(Number)
    if (numbers?.every(Number.isFinite)) return numbers
  }
  return undefined
}

function perChannel(value: readonly number[] | number, channels: number): number[] {
  const list = typeof value === 'number' ? [value] : value
  return Array.from({ length: channels }, (_, i) => list[Math.min(i, list.length - 1)])
}
