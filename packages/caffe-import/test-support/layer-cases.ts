import { inputValues } from './net-cases.js'
import type { PublishedCase } from './published-nets.js'

/** Nets of a layer or two between `data` (3×7×9) and `out`, in forms that OpenCV 4.6 reads too. */
const layers: Readonly<Record<string, string>> = {
  'convolution, dilated': 'type: "Convolution" convolution_param { num_output: 4 kernel_size: 3 pad: 2 dilation: 2 }',
  'convolution, per axis':
    'type: "Convolution" convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0 }',
  'convolution, depthwise':
    'type: "Convolution" convolution_param { num_output: 6 group: 3 kernel_size: 3 bias_term: false }',
  'deconvolution, padded': 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 5 stride: 3 pad: 2 }',
  'deconvolution, depthwise':
    'type: "Deconvolution" convolution_param { num_output: 3 group: 3 kernel_size: 4 stride: 2 pad: 1 bias_term: false }',
  'pooling, global max': 'type: "Pooling" pooling_param { pool: MAX global_pooling: true }',
  'pooling, global mean': 'type: "Pooling" pooling_param { pool: AVE global_pooling: true }',
  'pooling, padded': 'type: "Pooling" pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 }',
  'inner product of a map': 'type: "InnerProduct" inner_product_param { num_output: 5 }',
  'relu, leaky': 'type: "ReLU" relu_param { negative_slope: 0.2 }',
  prelu: 'type: "PReLU"',
  elu: 'type: "ELU" elu_param { alpha: 0.7 }',
  sigmoid: 'type: "Sigmoid"',
  tanh: 'type: "TanH"',
  absval: 'type: "AbsVal"',
  bnll: 'type: "BNLL"',
  power: 'type: "Power" power_param { power: 2 scale: 0.5 shift: 1.5 }',
  exp: 'type: "Exp" exp_param { base: 2 scale: 0.5 shift: 0.25 }',
  'lrn across': 'type: "LRN" lrn_param { local_size: 3 alpha: 2 beta: 0.5 }',
  batchnorm: 'type: "BatchNorm" batch_norm_param { eps: 0.001 }',
  'scale with bias': 'type: "Scale" scale_param { bias_term: true }',
  'scale along rows': 'type: "Scale" scale_param { axis: 2 num_axes: 1 }',
  flatten: 'type: "Flatten"',
  reshape: 'type: "Reshape" reshape_param { shape { dim: 0 dim: 7 dim: -1 dim: 3 } }',
  permute: 'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
  'normalize per cell': 'type: "Normalize" norm_param { across_spatial: false channel_shared: false }',
  'softmax over columns': 'type: "Softmax" softmax_param { axis: 3 }',
}

export const layerCases: readonly PublishedCase[] = Object.entries(layers).map(([name, settings]) => ({
  name,
  net:
    'input: "data" input_shape { dim: 1 dim: 3 dim: 7 dim: 9 }\n' +
    `layer { name: "out" bottom: "data" top: "out" ${settings} }\n`,
  sizes: [[7, 9]],
  outputs: ['out'],
  values: async () => inputValues('data', 3, [7, 9]),
}))

/** Nets of several layers that are tested as the ones above. */
export const graphCases: readonly PublishedCase[] = [
  graph(
    'slices and concat',
    'layer { name: "parts" type: "Slice" bottom: "data" top: "a" top: "b" slice_param { axis: 1 slice_point: 1 } }' +
      'layer { name: "twice" type: "Power" bottom: "a" top: "c" power_param { scale: 2 } }' +
      'layer { name: "out" type: "Concat" bottom: "b" bottom: "c" bottom: "a" top: "out" }',
  ),
  graph(
    'eltwise product and maximum',
    'layer { name: "abs" type: "AbsVal" bottom: "data" top: "abs" }' +
      'layer { name: "product" type: "Eltwise" bottom: "data" bottom: "abs" top: "product" eltwise_param { operation: PROD } }' +
      'layer { name: "out" type: "Eltwise" bottom: "product" bottom: "data" top: "out" eltwise_param { operation: MAX } }',
  ),
  graph(
    'weighted sum',
    'layer { name: "abs" type: "AbsVal" bottom: "data" top: "abs" }' +
      'layer { name: "out" type: "Eltwise" bottom: "data" bottom: "abs" top: "out" eltwise_param { operation: SUM coeff: 0.25 coeff: -1.5 } }',
  ),
  graph(
    'crop by channel, row and column',
    'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }' +
      'layer { name: "conv" type: "Convolution" bottom: "pool" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }' +
      'layer { name: "out" type: "Crop" bottom: "data" bottom: "conv" top: "out" crop_param { axis: 1 offset: 1 offset: 2 offset: 3 } }',
  ),
  graph(
    'convolution, batchnorm, scale and relu in place',
    'layer { name: "conv" type: "Convolution" bottom: "data" top: "out" convolution_param { num_output: 4 kernel_size: 3 } }' +
      'layer { name: "bn" type: "BatchNorm" bottom: "out" top: "out" }' +
      'layer { name: "scale" type: "Scale" bottom: "out" top: "out" scale_param { bias_term: true } }' +
      'layer { name: "relu" type: "ReLU" bottom: "out" top: "out" }',
    'relu',
  ),
]

function graph(name: string, body: string, last = 'out'): PublishedCase {
  return {
    name,
    net: `input: "data" input_shape { dim: 1 dim: 3 dim: 7 dim: 9 }\n${body}`,
    sizes: [[7, 9]],
    outputs: [last],
    values: async () => inputValues('data', 3, [7, 9]),
  }
}
