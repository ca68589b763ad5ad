import type { Backbone } from '@pixelwise/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import {
  type BackboneOptions,
  type ClassifierOptions,
  checkVariant,
  type KerasVariantOptions,
  type VariantOptions,
} from './options.js'
import { imagenetCaffe, imagenetTorchvision } from './preprocessings.js'

/**
 * ResNet-50: a 7×7 convolution, then 3, 4, 6 and 3 bottleneck blocks.
 *
 * Input `[N, H, W, 3]`; taps `conv1`, `res2`, `res3`, `res4`, `res5` at strides 2 to 32. Layer names of the published
 * Caffe nets. The variants differ in the first pooling (Caffe: unpadded, ceil; torchvision: padded by 1, floor) and in
 * where a stage halves its input (Caffe: the first 1×1 convolution; torchvision: the 3×3). That of Keras-FCN is Caffe's
 * with biases in all convolutions, an epsilon of 0.001, and the paddings of TensorFlow.
 * Source: He et al. 2016. The mean of the Caffe nets is an image; its stand-in here is that of ImageNet.
 */
export function resnet50(options: BackboneOptions & ResnetVariant = {}): Backbone {
  return backbone(50, options)
}

/** ResNet-101: 3, 4, 23 and 3 blocks; see {@link resnet50}. */
export function resnet101(options: BackboneOptions & ResnetVariant = {}): Backbone {
  return backbone(101, options)
}

/** ResNet-152: 3, 8, 36 and 3 blocks; see {@link resnet50}. */
export function resnet152(options: BackboneOptions & ResnetVariant = {}): Backbone {
  return backbone(152, options)
}

/** ResNet-50 as a classifier: `[N, 224, 224, 3]` → `[N, 1000]` probabilities. */
export function resnet50Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  return classifier(50, options)
}

/** ResNet-101 as a classifier. */
export function resnet101Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  return classifier(101, options)
}

/** ResNet-152 as a classifier. */
export function resnet152Classifier(options: ClassifierOptions & VariantOptions = {}): LayersModel {
  return classifier(152, options)
}

/** Blocks per stage. */
const depths = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] } as const
type Depth = keyof typeof depths
type ResnetVariant = KerasVariantOptions<'caffe' | 'torchvision'>
type Variant = ResnetVariant['variant']

function backbone(depth: Depth, { variant, ...options }: BackboneOptions & ResnetVariant): Backbone {
  checkVariant(`resnet${depth}`, variant, ['caffe', 'torchvision', 'keras'])
  const net = new NetBuilder(`resnet${depth}`, options)
  return net.backbone(features(net, depth, variant), variant === 'torchvision' ? imagenetTorchvision : imagenetCaffe)
}

function classifier(
  depth: Depth,
  { variant, classes = 1000, inputSize = [224, 224], ...options }: ClassifierOptions & VariantOptions,
): LayersModel {
  const net = new NetBuilder(`resnet${depth}`, { ...options, inputSize })
  const [, , , , res5] = features(net, depth, variant)
  return net.classifier(net.finish(net.classify(net.averageAll(res5.tensor, 'pool5'), 'fc1000', classes)))
}

function features(net: NetBuilder, depth: Depth, variant: Variant = 'caffe'): NamedFeatures[] {
  const isTorchvision = variant === 'torchvision'
  const isKeras = variant === 'keras'
  // Only the published ResNet-50 of Caffe has a bias here, before its normalisation; Keras has one everywhere.
  const bias = isKeras || (variant === 'caffe' && depth === 50)
  const first = { filters: 64, kernel: 7, stride: 2, pad: isKeras ? 'same' : 3, bias } as const
  const epsilon = isKeras ? 1e-3 : undefined
  const normalized = net.normalize(net.convolve(net.image, 'conv1', first), ['bn_conv1', 'scale_conv1'], epsilon)
  const conv1 = net.relu(normalized, 'conv1_relu')
  const rounding = variant === 'caffe' ? 'ceil' : 'floor'
  let x = net.pool(conv1, 'pool1', { window: 3, stride: 2, pad: isTorchvision ? 1 : 0, rounding })
  const taps = [{ name: 'conv1', tensor: conv1 }]
  for (const [s, blocks] of depths[depth].entries()) {
    for (let i = 0; i < blocks; i++) {
      const name = `${s + 2}${blockName(i, s, depth)}`
      const stride = i === 0 && s > 0 ? 2 : 1
      x = bottleneck(net, x, { name, channels: 64 * 2 ** s, stride, isFirst: i === 0, variant })
    }
    taps.push({ name: `res${s + 2}`, tensor: x })
  }
  return taps
}

/** Letters in short stages; in the long ones of ResNet-101 and 152, a, b1, b2, … */
function blockName(index: number, stage: number, depth: Depth): string {
  const isLong = depth !== 50 && (stage === 1 || stage === 2)
  return isLong && index > 0 ? `b${index}` : 'abcdef'[index]
}

interface Block {
  readonly name: string
  readonly channels: number
  readonly stride: number
  readonly isFirst: boolean
  readonly variant: Variant
}

/** 1×1, 3×3, 1×1 to four times the channels, added to the input (or, in a stage's first block, to its projection). */
function bottleneck(net: NetBuilder, x: SymbolicTensor, { name, channels, stride, isFirst, variant }: Block) {
  const isKeras = variant === 'keras'
  const halvesFirst = variant !== 'torchvision'
  const convolve = (from: SymbolicTensor, branch: string, filters: number, kernel: number, step: number) => {
    const settings = { filters, kernel, stride: step, pad: (kernel - 1) / 2, bias: isKeras }
    const convolved = net.convolve(from, `res${name}_${branch}`, settings)
    const names = [`bn${name}_${branch}`, `scale${name}_${branch}`] as const
    return net.normalize(convolved, names, isKeras ? 1e-3 : undefined)
  }
  const shortcut = isFirst ? convolve(x, 'branch1', 4 * channels, 1, stride) : x
  const relu = (from: SymbolicTensor, branch: string) => net.relu(from, `res${name}_${branch}_relu`)
  const narrow = relu(convolve(x, 'branch2a', channels, 1, halvesFirst ? stride : 1), 'branch2a')
  const wide = relu(convolve(narrow, 'branch2b', channels, 3, halvesFirst ? 1 : stride), 'branch2b')
  const sum = net.add([shortcut, convolve(wide, 'branch2c', 4 * channels, 1, 1)], `res${name}`)
  return net.relu(sum, `res${name}_relu`)
}
