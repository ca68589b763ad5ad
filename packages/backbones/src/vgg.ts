import {
  type Backbone,
  Convolution,
  type ConvolutionConfig,
  coreLayers,
  Dropout,
  LayerRegistry,
  MaxPooling,
  ModelGeometry,
  type Preprocessing,
  type Tap,
} from '@pixelwise/core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

export interface VggOptions {
  readonly name: string
  /** Convolutions per stage and their channels; a 2×2 max pooling ends each stage. */
  readonly stages: readonly { readonly depth: number; readonly channels: number }[]
  /** The fully connected layers fc6 and fc7 as convolutions: fc6's kernel, and the channels of both. */
  readonly classifier: { readonly kernel: number; readonly channels: number; readonly pad?: number }
  /** Zeros around the image, in pixels, added by the first convolution. FCNs of 2015 use 100. Default 1. */
  readonly pad?: number
  /** Dropout of fc6 and fc7. Default 0.5. */
  readonly dropout?: number
  /** Channels of the image. Default 3. */
  readonly inputChannels?: number
  readonly preprocessing: Preprocessing
  /** How convolutions start; see `Convolution`. Default `zeros`, to be loaded from published weights. */
  readonly start?: ConvolutionConfig['start']
  readonly seed?: number
}

/**
 * A net of the VGG family as a backbone: stages of 3×3 convolutions and poolings, then fc6 and fc7 as convolutions.
 *
 * Input `[N, H, W, C]` of any size; taps `pool1` … and `fc7`, fine to coarse. Layer names are those of the published
 * Caffe nets, so that weights can be matched by name. Source: Simonyan and Zisserman 2015; Long 2016, §3.2.1.
 */
export function vgg(options: VggOptions): Backbone {
  const { name, stages, classifier, pad = 1, dropout = 0.5, inputChannels = 3, start = 'zeros', seed = 0 } = options
  const image = input({ shape: [null, null, inputChannels], name: 'data' })
  const taps: { name: string; channels: number; tensor: SymbolicTensor }[] = []

  let features: SymbolicTensor = image
  const through = (layer: layers.Layer) => {
    features = layer.apply(features) as SymbolicTensor
  }
  const convolve = (suffix: string, config: Omit<ConvolutionConfig, 'start' | 'seed'>, prefix = 'conv') => {
    through(new Convolution({ ...config, start, seed, name: `${prefix}${suffix}` }))
    through(layers.activation({ activation: 'relu', name: `relu${suffix}` }))
  }

  for (const [s, { depth, channels }] of stages.entries()) {
    for (let i = 1; i <= depth; i++) {
      const isFirst = s === 0 && i === 1
      convolve(`${s + 1}_${i}`, { filters: channels, kernel: 3, pad: isFirst ? pad : 1 })
    }
    through(new MaxPooling({ window: 2, stride: 2, name: `pool${s + 1}` }))
    taps.push({ name: `pool${s + 1}`, channels, tensor: features })
  }
  const { kernel, channels } = classifier
  convolve('6', { filters: channels, kernel, pad: classifier.pad ?? 0 }, 'fc')
  through(new Dropout({ rate: dropout, name: 'drop6' }))
  convolve('7', { filters: channels, kernel: 1 }, 'fc')
  through(new Dropout({ rate: dropout, name: 'drop7' }))
  taps.push({ name: 'fc7', channels, tensor: features })

  const trunk = model({ name, inputs: image, outputs: taps.map((tap) => tap.tensor) })
  const geometry = new ModelGeometry(trunk, { layers: new LayerRegistry(coreLayers) })
  return {
    name,
    model: trunk,
    taps: taps.map(({ name, channels, tensor }): Tap => ({ name, channels, map: geometry.mapOf(tensor)! })),
    preprocessing: options.preprocessing,
  }
}

/** VGG-16 as FCNs use it: thirteen 3×3 convolutions, fc6 7×7, fc7. 134 million weights, zero until loaded. */
export function vgg16(options: Pick<VggOptions, 'pad' | 'dropout' | 'start' | 'seed'> = {}): Backbone {
  return vgg({
    name: 'vgg16',
    stages: [
      { depth: 2, channels: 64 },
      { depth: 2, channels: 128 },
      { depth: 3, channels: 256 },
      { depth: 3, channels: 512 },
      { depth: 3, channels: 512 },
    ],
    classifier: { kernel: 7, channels: 4096 },
    preprocessing: imagenetCaffe,
    ...options,
  })
}

/** BGR minus the mean of ImageNet, 0..255: what the Caffe nets of the time were trained on. */
const imagenetCaffe: Preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'bgr',
  mean: [104.00698793, 116.66876762, 122.67891434],
  scale: [1, 1, 1],
}

/**
 * A VGG small enough to train from scratch on a laptop's processor in minutes: five stages up to 96 channels, fc6 3×3.
 * About half a million weights, drawn anew for each seed.
 */
export function vggSmall(options: Pick<VggOptions, 'pad' | 'dropout' | 'seed'> = {}): Backbone {
  return vgg({
    name: 'vgg-small',
    stages: [
      { depth: 2, channels: 16 },
      { depth: 2, channels: 32 },
      { depth: 2, channels: 64 },
      { depth: 2, channels: 96 },
      { depth: 1, channels: 96 },
    ],
    classifier: { kernel: 3, channels: 128, pad: 1 },
    dropout: 0.1,
    start: 'msra',
    preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [120, 120, 120], scale: [1 / 64, 1 / 64, 1 / 64] },
    ...options,
  })
}
