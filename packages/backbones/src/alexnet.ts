import type { Backbone } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type NamedFeatures, NetBuilder } from './net-builder.js'
import type { BackboneOptions, ClassifierOptions } from './options.js'
import { imagenetCaffe } from './preprocessings.js'

/**
 * AlexNet: five convolutions, two of them in groups, local response normalisation before pooling, fc6 and fc7 as
 * convolutions.
 *
 * Input `[N, H, W, 3]` BGR; taps `pool1`, `conv5` and `fc7`, with `pool2` and `pool5` at their strides before them.
 * Source: Krizhevsky et al. 2012; layer names of Caffe's bvlc_alexnet.
 */
export function alexnet(options: BackboneOptions = {}): Backbone {
  return backbone('alexnet', options)
}

/** CaffeNet: AlexNet with pooling before normalisation, and the trunk of the published FCN-AlexNet. */
export function caffenet(options: BackboneOptions = {}): Backbone {
  return backbone('caffenet', options)
}

/** AlexNet as a classifier: `[N, 227, 227, 3]` → `[N, 1000]` probabilities. */
export function alexnetClassifier(options: ClassifierOptions = {}): LayersModel {
  return classifier('alexnet', options)
}

/** CaffeNet as a classifier: `[N, 227, 227, 3]` → `[N, 1000]` probabilities. */
export function caffenetClassifier(options: ClassifierOptions = {}): LayersModel {
  return classifier('caffenet', options)
}

type Order = 'alexnet' | 'caffenet'

function backbone(name: Order, options: BackboneOptions): Backbone {
  const net = new NetBuilder(name, options)
  const taps = features(net, name)
  const pool5 = taps[taps.length - 1].tensor
  const fc6 = net.dropout(net.convolveRelu(pool5, ['fc6', 'relu6'], { filters: 4096, kernel: 6 }), 'drop6', 0.5)
  const fc7 = net.dropout(net.convolveRelu(fc6, ['fc7', 'relu7'], { filters: 4096, kernel: 1 }), 'drop7', 0.5)
  return net.backbone([...taps, { name: 'fc7', tensor: fc7 }], imagenetCaffe)
}

function classifier(
  name: Order,
  { classes = 1000, inputSize = [227, 227], ...options }: ClassifierOptions,
): LayersModel {
  const net = new NetBuilder(name, { ...options, inputSize })
  let x = net.flatten(features(net, name)[3].tensor)
  for (const i of [6, 7]) x = net.dropout(net.relu(net.connect(x, `fc${i}`, 4096), `relu${i}`), `drop${i}`, 0.5)
  return net.classifier(net.finish(net.classify(x, 'fc8', classes)))
}

/** Up to pool5: taps `pool1` (after its normalisation), `pool2`, `conv5`, `pool5`. */
function features(net: NetBuilder, order: Order): NamedFeatures[] {
  const poolAndNormalize = (x: typeof net.image, i: number) => {
    const settings = { window: 3, stride: 2 }
    return order === 'alexnet'
      ? net.pool(net.localResponse(x, `norm${i}`), `pool${i}`, settings)
      : net.localResponse(net.pool(x, `pool${i}`, settings), `norm${i}`)
  }
  const conv1 = net.convolveRelu(net.image, ['conv1', 'relu1'], { filters: 96, kernel: 11, stride: 4 })
  const pool1 = poolAndNormalize(conv1, 1)
  const conv2 = net.convolveRelu(pool1, ['conv2', 'relu2'], { filters: 256, kernel: 5, pad: 2, groups: 2 })
  const pool2 = poolAndNormalize(conv2, 2)
  const small = { kernel: 3, pad: 1 }
  const conv3 = net.convolveRelu(pool2, ['conv3', 'relu3'], { ...small, filters: 384 })
  const conv4 = net.convolveRelu(conv3, ['conv4', 'relu4'], { ...small, filters: 384, groups: 2 })
  const conv5 = net.convolveRelu(conv4, ['conv5', 'relu5'], { ...small, filters: 256, groups: 2 })
  const pool5 = net.pool(conv5, 'pool5', { window: 3, stride: 2 })
  return [
    { name: 'pool1', tensor: pool1 },
    { name: 'pool2', tensor: pool2 },
    { name: 'conv5', tensor: conv5 },
    { name: 'pool5', tensor: pool5 },
  ]
}
