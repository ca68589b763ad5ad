import type { Backbone } from '@pixelwise/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { NetBuilder } from './net-builder.js'
import type { BackboneOptions, ClassifierOptions } from './options.js'
import { greyDigits } from './preprocessings.js'

/**
 * LeNet-5 as Caffe has it: two 5×5 convolutions and poolings, then ip1 as a 4×4 convolution. It pads nothing.
 *
 * Input `[N, H, W, 1]`, 0..1; taps `pool1`, `pool2`, `ip1`. Source: LeCun et al. 1998; Caffe's examples/mnist.
 */
export function lenet(options: BackboneOptions = {}): Backbone {
  const net = new NetBuilder('lenet', options, 1)
  const { pool1, pool2 } = features(net)
  const ip1 = net.convolveRelu(pool2, ['ip1', 'relu1'], { filters: 500, kernel: 4 })
  const taps = [
    { name: 'pool1', tensor: pool1 },
    { name: 'pool2', tensor: pool2 },
    { name: 'ip1', tensor: ip1 },
  ]
  return net.backbone(taps, greyDigits)
}

/** LeNet-5 as a classifier of 28×28 digits: `[N, 28, 28, 1]` → `[N, 10]` probabilities. */
export function lenetClassifier({
  classes = 10,
  inputSize = [28, 28],
  ...options
}: ClassifierOptions = {}): LayersModel {
  const net = new NetBuilder('lenet', { ...options, inputSize }, 1)
  const ip1 = net.relu(net.connect(net.flatten(features(net).pool2), 'ip1', 500), 'relu1')
  return net.classifier(net.finish(net.classify(ip1, 'ip2', classes)))
}

function features(net: NetBuilder): { pool1: SymbolicTensor; pool2: SymbolicTensor } {
  const half = { window: 2, stride: 2 }
  const pool1 = net.pool(net.convolve(net.image, 'conv1', { filters: 20, kernel: 5 }), 'pool1', half)
  const pool2 = net.pool(net.convolve(pool1, 'conv2', { filters: 50, kernel: 5 }), 'pool2', half)
  return { pool1, pool2 }
}
