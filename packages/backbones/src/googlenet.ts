import type { Backbone } from '@pixelwise/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import type { BackboneOptions, ClassifierOptions } from './options.js'
import { imagenetCaffeRounded } from './preprocessings.js'

/**
 * GoogLeNet: nine inception modules, without the 7×7 average pooling that ends the classifier.
 *
 * Input `[N, H, W, 3]` BGR; taps `conv1`, `conv2`, `inception_3b`, `inception_4e` and `inception_5b` at strides 2 to 32.
 * Source: Szegedy et al. 2015; layer names of Caffe's bvlc_googlenet; the pooling dropped as in Long 2016, §3.4.
 */
export function googlenet(options: BackboneOptions = {}): Backbone {
  const net = new NetBuilder('googlenet', options)
  return net.backbone(features(net).taps, imagenetCaffeRounded)
}

export interface GoogLeNetClassifierOptions extends ClassifierOptions {
  /** Adds the two auxiliary classifiers of training as further outputs. Default false. */
  readonly auxiliary?: boolean
}

/**
 * GoogLeNet as a classifier: `[N, 224, 224, 3]` → `[N, 1000]` probabilities; with `auxiliary` a list of three, the
 * auxiliary ones after the last.
 */
export function googlenetClassifier(options: GoogLeNetClassifierOptions = {}): LayersModel {
  const { classes = 1000, inputSize = [224, 224], auxiliary = false, ...rest } = options
  const net = new NetBuilder('googlenet', { ...rest, inputSize })
  const { taps, modules } = features(net)
  const pooled = net.pool(taps[taps.length - 1].tensor, 'pool5/7x7_s1', { window: 7, stride: 1, operation: 'average' })
  const features5 = net.flatten(net.dropout(pooled, 'pool5/drop_7x7_s1', 0.4))
  const main = net.finish(net.classify(features5, 'loss3/classifier', classes))
  if (!auxiliary) return net.classifier(main)
  const [loss1, loss2] = (['4a', '4d'] as const).map((module, i) =>
    auxiliaryHead(net, modules[module], `loss${i + 1}`, classes),
  )
  return net.classifier(main, loss1, loss2)
}

function auxiliaryHead(net: NetBuilder, x: SymbolicTensor, name: string, classes: number): SymbolicTensor {
  const pooled = net.pool(x, `${name}/ave_pool`, { window: 5, stride: 3, operation: 'average' })
  const convolved = net.convolveRelu(pooled, [`${name}/conv`, `${name}/relu_conv`], { filters: 128, kernel: 1 })
  const connected = net.relu(net.connect(net.flatten(convolved), `${name}/fc`, 1024), `${name}/relu_fc`)
  const scores = net.classify(net.dropout(connected, `${name}/drop_fc`, 0.7), `${name}/classifier`, classes)
  return net.finish(scores, `${name}/prob`)
}

/** Channels of each module: 1×1; 3×3 and its reduction; 5×5 and its reduction; the projection of the pooling. */
const inceptions = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
} as const
type Module = keyof typeof inceptions

function features(net: NetBuilder): { taps: NamedFeatures[]; modules: Record<Module, SymbolicTensor> } {
  const halve = (x: SymbolicTensor, name: string) => net.pool(x, `${name}/3x3_s2`, { window: 3, stride: 2 })
  const first = { filters: 64, kernel: 7, stride: 2, pad: 3 }
  const conv1 = net.convolveRelu(net.image, ['conv1/7x7_s2', 'conv1/relu_7x7'], first)
  const norm1 = net.localResponse(halve(conv1, 'pool1'), 'pool1/norm1')
  const reduced = net.convolveRelu(norm1, ['conv2/3x3_reduce', 'conv2/relu_3x3_reduce'], { filters: 64, kernel: 1 })
  const second = { filters: 192, kernel: 3, pad: 1 }
  const conv2 = net.localResponse(net.convolveRelu(reduced, ['conv2/3x3', 'conv2/relu_3x3'], second), 'conv2/norm2')

  const modules: Partial<Record<Module, SymbolicTensor>> = {}
  const stage = (x: SymbolicTensor, names: readonly Module[]) =>
    names.reduce((below, name) => {
      const output = inception(net, below, name)
      modules[name] = output
      return output
    }, x)
  const stage3 = stage(halve(conv2, 'pool2'), ['3a', '3b'])
  const stage4 = stage(halve(stage3, 'pool3'), ['4a', '4b', '4c', '4d', '4e'])
  const stage5 = stage(halve(stage4, 'pool4'), ['5a', '5b'])
  const taps = [
    { name: 'conv1', tensor: conv1 },
    { name: 'conv2', tensor: conv2 },
    { name: 'inception_3b', tensor: stage3 },
    { name: 'inception_4e', tensor: stage4 },
    { name: 'inception_5b', tensor: stage5 },
  ]
  // The three stages name all nine modules.
  return { taps, modules: modules as Record<Module, SymbolicTensor> }
}

function inception(net: NetBuilder, x: SymbolicTensor, module: Module): SymbolicTensor {
  const [single, reduce3, filters3, reduce5, filters5, projection] = inceptions[module]
  const prefix = `inception_${module}`
  const convolve = (from: SymbolicTensor, name: string, filters: number, kernel: number) =>
    net.convolveRelu(from, [`${prefix}/${name}`, `${prefix}/relu_${name}`], { filters, kernel, pad: (kernel - 1) / 2 })
  const pooled = net.pool(x, `${prefix}/pool`, { window: 3, stride: 1, pad: 1 })
  const branches = [
    convolve(x, '1x1', single, 1),
    convolve(convolve(x, '3x3_reduce', reduce3, 1), '3x3', filters3, 3),
    convolve(convolve(x, '5x5_reduce', reduce5, 1), '5x5', filters5, 5),
    convolve(pooled, 'pool_proj', projection, 1),
  ]
  return net.concatenate(branches, `${prefix}/output`)
}
