import type { Backbone } from '@pixelwise/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import { type BackboneOptions, type ClassifierOptions, checkVariant, type VariantOptions } from './options.js'
import { imagenetCaffeRounded, imagenetTorchvision } from './preprocessings.js'

/**
 * SqueezeNet 1.0: a 7×7 convolution and eight fire modules. It ends at stride 16.
 *
 * Input `[N, H, W, 3]`; taps `conv1`, `fire4`, `fire8`, `fire9` at strides 2, 4, 8, 16. Layer names of the authors' Caffe
 * net. The variants differ in preprocessing, and in the classifier's padding.
 * Source: Iandola et al. 2016.
 */
export function squeezenet10(options: BackboneOptions & VariantOptions = {}): Backbone {
  return backbone('1.0', options)
}

/** SqueezeNet 1.1: a 3×3 convolution and earlier poolings; taps `conv1`, `fire3`, `fire5`, `fire9`. */
export function squeezenet11(options: BackboneOptions & VariantOptions = {}): Backbone {
  return backbone('1.1', options)
}

/** SqueezeNet 1.0 as a classifier: `[N, H, W, 3]` of any size → `[N, 1000]` probabilities. */
export function squeezenet10Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  return classifier('1.0', options)
}

/** SqueezeNet 1.1 as a classifier of any size. */
export function squeezenet11Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  return classifier('1.1', options)
}

/** The first convolution, the fire modules after which a pooling follows, and the padding of Caffe's last convolution. */
const versions = {
  '1.0': { filters: 96, kernel: 7, pooled: [4, 8], lastPad: 1 },
  '1.1': { filters: 64, kernel: 3, pooled: [3, 5], lastPad: 0 },
} as const
type Version = keyof typeof versions

function backbone(version: Version, { variant, ...options }: BackboneOptions & VariantOptions): Backbone {
  checkVariant(`squeezenet${version}`, variant, ['caffe', 'torchvision'])
  const net = new NetBuilder(`squeezenet${version}`, options)
  return net.backbone(features(net, version), variant === 'torchvision' ? imagenetTorchvision : imagenetCaffeRounded)
}

function classifier(
  version: Version,
  { variant, classes = 1000, ...options }: ClassifierOptions & VariantOptions,
): LayersModel {
  const net = new NetBuilder(`squeezenet${version}`, options)
  const [, , , fire9] = features(net, version)
  const pad = variant === 'torchvision' ? 0 : versions[version].lastPad
  const scores = net.score(fire9.tensor, 'conv10', { filters: classes, kernel: 1, pad })
  return net.classifier(net.finish(net.averageAll(net.relu(scores, 'relu_conv10'), 'pool10')))
}

function features(net: NetBuilder, version: Version): NamedFeatures[] {
  const { filters, kernel, pooled } = versions[version]
  const conv1 = net.convolveRelu(net.image, ['conv1', 'relu_conv1'], { filters, kernel, stride: 2 })
  const taps = [{ name: 'conv1', tensor: conv1 }]
  let x = net.pool(conv1, 'pool1', { window: 3, stride: 2 })
  for (let i = 2; i <= 9; i++) {
    x = fire(net, x, i)
    if ((pooled as readonly number[]).includes(i)) {
      taps.push({ name: `fire${i}`, tensor: x })
      x = net.pool(x, `pool${i}`, { window: 3, stride: 2 })
    }
  }
  taps.push({ name: 'fire9', tensor: net.dropout(x, 'drop9', 0.5) })
  return taps
}

/** A 1×1 convolution that squeezes, then a 1×1 and a 3×3 that expand to four times as many channels each. */
function fire(net: NetBuilder, x: SymbolicTensor, index: number): SymbolicTensor {
  const squeezed = 16 * Math.floor(index / 2)
  const convolve = (from: SymbolicTensor, name: string, filters: number, kernel: number) => {
    const names = [`fire${index}/${name}`, `fire${index}/relu_${name}`] as const
    return net.convolveRelu(from, names, { filters, kernel, pad: (kernel - 1) / 2 })
  }
  const narrow = convolve(x, 'squeeze1x1', squeezed, 1)
  const wide = [convolve(narrow, 'expand1x1', 4 * squeezed, 1), convolve(narrow, 'expand3x3', 4 * squeezed, 3)]
  return net.concatenate(wide, `fire${index}/concat`)
}
