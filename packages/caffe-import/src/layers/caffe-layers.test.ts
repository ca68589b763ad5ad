import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { LayerPlugin } from '@pixelwise/core'
import { type LayerCase, layerConformance } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { axisConcatenationLayer, axisCropLayer, axisSliceLayer, tileLayer } from './axis-parts.js'
import { axisSoftmaxLayer } from './axis-softmax.js'
import { batchStatisticsLayer } from './batch-statistics.js'
import { broadcastLayer } from './broadcast.js'
import { broadcastAffineLayer } from './broadcast-affine.js'
import { elementwiseLayer } from './elementwise.js'
import { interpolationLayer } from './interpolation.js'
import { l2NormalizationLayer } from './l2-normalization.js'
import { meanVarianceNormalizationLayer } from './mean-variance-normalization.js'
import { pointwiseLayer } from './pointwise.js'
import { permutationLayer } from './rearrange.js'
import { switchUpsamplingLayer } from './switch-upsampling.js'

const map = [2, 5, 4, 3]
/** Indices within a 6×4 map, two apart, so that each value has its own place. */
const switches = () => tf.tensor4d([0, 2, 12, 14, 1, 3, 13, 15], [1, 2, 2, 2], 'int32')

const cases: readonly (readonly [LayerPlugin, readonly LayerCase[]])[] = [
  [axisConcatenationLayer, [{ config: { axis: 1 }, inputs: [map, [2, 2, 4, 3]] }]],
  [axisCropLayer, [{ config: { axis: 1, offsets: [1, 0, 2] }, inputs: [map, [2, 4, 2, 2]], references: [1] }]],
  [axisSliceLayer, [{ config: { axis: 3, points: [1] }, inputs: [map] }]],
  [axisSoftmaxLayer, [{ config: { axis: 1 }, inputs: [map] }]],
  [batchStatisticsLayer, [{ config: { epsilon: 1e-9 }, inputs: [map] }]],
  [
    broadcastAffineLayer,
    [
      { config: { shape: [1, 5, 1, 3], scale: true, bias: true }, inputs: [map] },
      { config: { shape: [1, 1, 1, 3], scale: false, bias: true }, inputs: [map] },
    ],
  ],
  [
    broadcastLayer,
    [
      { config: { operation: 'multiply', axis: 0, rank: 2 }, inputs: [map, [2, 1, 1, 3]] },
      { config: { operation: 'add', axis: 0, rank: 3 }, inputs: [map, [2, 5, 1, 3]] },
    ],
  ],
  [
    elementwiseLayer,
    [
      { config: { operation: 'sum', coefficients: [0.5, -2] }, inputs: [map, map] },
      { config: { operation: 'product' }, inputs: [map, map] },
      { config: { operation: 'maximum' }, inputs: [map, map], tolerance: 0.2 }, // a kink where both are equal
    ],
  ],
  [
    interpolationLayer,
    [
      { config: { zoom: 3 }, inputs: [map] },
      { config: { padBefore: -1, padBehind: -1, shrink: 2 }, inputs: [map] },
      { config: {}, inputs: [map, [2, 9, 8, 1]], references: [1] },
    ],
  ],
  [
    l2NormalizationLayer,
    [
      // Three channels make short vectors, and the direction of a short vector is strongly curved.
      { config: { acrossSpatial: false, channelShared: false }, inputs: [map], tolerance: 0.05 },
      { config: {}, inputs: [map] },
    ],
  ],
  [meanVarianceNormalizationLayer, [{ config: { acrossChannels: true }, inputs: [map] }]],
  [
    pointwiseLayer,
    [
      { config: { operation: 'power', exponent: 2, scale: 0.5, shift: 1 }, inputs: [map] },
      { config: { operation: 'exp', base: 2, shift: 0.5 }, inputs: [map] },
      { config: { operation: 'log', shift: 12 }, inputs: [map] },
      { config: { operation: 'bnll' }, inputs: [map] },
      { config: { operation: 'swish', scale: 2 }, inputs: [map] },
      { config: { operation: 'abs' }, inputs: [map], tolerance: 0.2 }, // a kink at zero
    ],
  ],
  [permutationLayer, [{ config: { order: [0, 1, 3, 2] }, inputs: [map] }]],
  [
    switchUpsamplingLayer,
    [
      {
        config: { factor: [3, 2], less: [0, 0] },
        inputs: [
          [1, 2, 2, 2],
          [1, 2, 2, 2],
        ],
        references: [1],
        makeInput: (index) => (index === 1 ? switches() : (undefined as unknown as tf.Tensor)),
      },
    ],
  ],
  [tileLayer, [{ config: { axis: 3, count: 2 }, inputs: [map] }]],
]

for (const [plugin, layerCases] of cases) layerConformance(plugin, layerCases, ['cpu', 'wasm'])
