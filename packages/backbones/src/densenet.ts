import type { Backbone } from '@pixelwise/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import { type BackboneOptions, type ClassifierOptions, checkVariant, type VariantOptions } from './options.js'
import { imagenetDenseNet, imagenetTorchvision } from './preprocessings.js'

/**
 * DenseNet-121: four blocks of 6, 12, 24 and 16 layers, each of which reads all before it in its block.
 *
 * Input `[N, H, W, 3]`; taps `conv1`, `block2` … `block5` at strides 2 to 32, each before its transition, the last after
 * its ReLU. Layer names of the Caffe net of S. Cai. The variants differ in the rounding of the transitions (Caffe: ceil;
 * torchvision: floor) and in preprocessing.
 * Source: Huang et al. 2017.
 */
export function densenet121({ variant, ...options }: BackboneOptions & VariantOptions = {}): Backbone {
  checkVariant('densenet121', variant, ['caffe', 'torchvision'])
  const net = new NetBuilder('densenet121', options)
  return net.backbone(features(net, variant), variant === 'torchvision' ? imagenetTorchvision : imagenetDenseNet)
}

/** DenseNet-121 as a classifier: `[N, H, W, 3]` of any size → `[N, 1000]` probabilities. */
export function densenet121Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  const { variant, classes = 1000, ...rest } = options
  const net = new NetBuilder('densenet121', rest)
  const [, , , , block5] = features(net, variant)
  return net.classifier(net.finish(net.classify(net.averageAll(block5.tensor, 'pool5'), 'fc6', classes)))
}

const depths = [6, 12, 24, 16]
const growth = 32

function features(net: NetBuilder, variant: VariantOptions['variant'] = 'caffe'): NamedFeatures[] {
  const first = net.convolve(net.image, 'conv1', { filters: 64, kernel: 7, stride: 2, pad: 3, bias: false })
  const conv1 = net.relu(net.normalize(first, ['conv1/bn', 'conv1/scale']), 'relu1')
  const taps = [{ name: 'conv1', tensor: conv1 }]
  let x = net.pool(conv1, 'pool1', { window: 3, stride: 2, pad: 1, rounding: 'floor' })
  let channels = 64
  for (const [b, depth] of depths.entries()) {
    const block = b + 2
    for (let i = 1; i <= depth; i++) x = denseLayer(net, x, `${block}_${i}`)
    channels += depth * growth
    const normalized = net.normalize(x, [`conv${block}_blk/bn`, `conv${block}_blk/scale`])
    const end = net.relu(normalized, `relu${block}_blk`)
    taps.push({ name: `block${block}`, tensor: end })
    if (b === depths.length - 1) break
    channels /= 2
    const halved = net.convolve(end, `conv${block}_blk`, { filters: channels, kernel: 1, bias: false })
    const rounding = variant === 'caffe' ? 'ceil' : 'floor'
    x = net.pool(halved, `pool${block}`, { window: 2, stride: 2, operation: 'average', rounding })
  }
  return taps
}

/** Normalise, 1×1, normalise, 3×3; the 32 new channels join what was there. */
function denseLayer(net: NetBuilder, x: SymbolicTensor, name: string): SymbolicTensor {
  const before = (from: SymbolicTensor, part: string) =>
    net.relu(net.normalize(from, [`conv${name}/${part}/bn`, `conv${name}/${part}/scale`]), `relu${name}/${part}`)
  const narrow = net.convolve(before(x, 'x1'), `conv${name}/x1`, { filters: 4 * growth, kernel: 1, bias: false })
  const settings = { filters: growth, kernel: 3, pad: 1, bias: false }
  const added = net.convolve(before(narrow, 'x2'), `conv${name}/x2`, settings)
  return net.concatenate([x, added], `concat_${name}`)
}
