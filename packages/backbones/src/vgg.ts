import type { Backbone, Preprocessing } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import { type BackboneOptions, type ClassifierOptions, checkVariant, type KerasVariantOptions } from './options.js'
import { imagenetCaffe } from './preprocessings.js'

export interface VggOptions extends BackboneOptions, KerasVariantOptions {
  readonly name: string
  /** Convolutions per stage and their channels; a 2×2 max pooling ends each stage. */
  readonly stages: readonly Stage[]
  /** The fully connected layers fc6 and fc7 as convolutions: fc6's kernel, and the channels of both. */
  readonly classifier: { readonly kernel: number; readonly channels: number; readonly pad?: number }
  readonly preprocessing: Preprocessing
}

interface Stage {
  readonly depth: number
  readonly channels: number
}

/**
 * A net of the VGG family as a backbone: stages of 3×3 convolutions and poolings, then fc6 and fc7 as convolutions.
 *
 * Input `[N, H, W, C]` of any size; taps `pool1` … and `fc7`, fine to coarse. Layer names are those of the published
 * Caffe nets, so that weights can be matched by name.
 *
 * The variant `keras` is that of Keras-FCN: poolings round down, fc6 is padded by half its kernel, and a pooling that
 * would go beyond the output stride is left out, whereas else it stays, with stride 1.
 * Source: Simonyan and Zisserman 2015; Long 2016, §3.2.1.
 */
export function vgg({ name, stages, classifier, preprocessing, variant, ...options }: VggOptions): Backbone {
  checkVariant(name, variant, ['caffe', 'keras'])
  const isKeras = variant === 'keras'
  const net = new NetBuilder(name, options)
  const { taps, last } = features(net, stages, isKeras)
  const { kernel, channels, pad = isKeras ? (kernel - 1) / 2 : 0 } = classifier
  const fc6 = net.dropout(net.convolveRelu(last, ['fc6', 'relu6'], { filters: channels, kernel, pad }), 'drop6', 0.5)
  const fc7 = net.dropout(net.convolveRelu(fc6, ['fc7', 'relu7'], { filters: channels, kernel: 1 }), 'drop7', 0.5)
  return net.backbone([...taps, { name: 'fc7', tensor: fc7 }], preprocessing)
}

function features(net: NetBuilder, stages: readonly Stage[], isKeras = false) {
  const taps: NamedFeatures[] = []
  let x = net.image
  for (const [s, { depth, channels }] of stages.entries()) {
    for (let i = 1; i <= depth; i++) {
      const suffix = `${s + 1}_${i}`
      x = net.convolveRelu(x, [`conv${suffix}`, `relu${suffix}`], { filters: channels, kernel: 3, pad: 1 })
    }
    const name = `pool${s + 1}`
    if (isKeras && !net.takes(x, 2)) x = net.leaveOut(x, 2)
    else {
      x = net.pool(x, name, { window: 2, stride: 2, ...(isKeras && { rounding: 'floor' }) })
      taps.push({ name, tensor: x })
    }
  }
  return { taps, last: x }
}

/** VGG-16 as FCNs use it: thirteen 3×3 convolutions, fc6 7×7, fc7. 134 million weights, zero until loaded. */
export function vgg16(options: BackboneOptions & KerasVariantOptions = {}): Backbone {
  return vgg({ name: 'vgg16', ...published, stages: stages16, ...options })
}

/** VGG-19: sixteen 3×3 convolutions, fc6 7×7, fc7. 140 million weights, zero until loaded. */
export function vgg19(options: BackboneOptions & KerasVariantOptions = {}): Backbone {
  return vgg({ name: 'vgg19', ...published, stages: stages19, ...options })
}

/** VGG-16 as a classifier: `[N, 224, 224, 3]` → `[N, 1000]` probabilities. */
export function vgg16Classifier(options: ClassifierOptions = {}): LayersModel {
  return classifier('vgg16', stages16, options)
}

/** VGG-19 as a classifier: `[N, 224, 224, 3]` → `[N, 1000]` probabilities. */
export function vgg19Classifier(options: ClassifierOptions = {}): LayersModel {
  return classifier('vgg19', stages19, options)
}

const published = { classifier: { kernel: 7, channels: 4096 }, preprocessing: imagenetCaffe }
const channelsOfStages = [64, 128, 256, 512, 512]
const stages16 = channelsOfStages.map((channels, s) => ({ channels, depth: s < 2 ? 2 : 3 }))
const stages19 = channelsOfStages.map((channels, s) => ({ channels, depth: s < 2 ? 2 : 4 }))

function classifier(
  name: string,
  stages: readonly Stage[],
  { classes = 1000, inputSize = [224, 224], ...options }: ClassifierOptions,
): LayersModel {
  const net = new NetBuilder(name, { ...options, inputSize })
  let x = net.flatten(features(net, stages).last)
  for (const i of [6, 7]) x = net.dropout(net.relu(net.connect(x, `fc${i}`, 4096), `relu${i}`), `drop${i}`, 0.5)
  return net.classifier(net.finish(net.classify(x, 'fc8', classes)))
}

/**
 * A VGG small enough to train from scratch on a laptop's processor in minutes: five stages up to 96 channels, fc6 3×3.
 * About half a million weights, drawn anew for each seed.
 */
export function vggSmall(options: BackboneOptions = {}): Backbone {
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
