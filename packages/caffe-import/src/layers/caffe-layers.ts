import type { LayerPlugin } from '@pixelwise/core'
import { axisConcatenationLayer, axisCropLayer, axisSliceLayer, tileLayer } from './axis-parts.js'
import { axisSoftmaxLayer } from './axis-softmax.js'
import { batchStatisticsLayer } from './batch-statistics.js'
import { broadcastLayer } from './broadcast.js'
import { broadcastAffineLayer } from './broadcast-affine.js'
import { elementwiseLayer } from './elementwise.js'
import { globalPoolingLayer } from './global-pooling.js'
import { innerProductLayer } from './inner-product.js'
import { interpolationLayer } from './interpolation.js'
import { l2NormalizationLayer } from './l2-normalization.js'
import { meanVarianceNormalizationLayer } from './mean-variance-normalization.js'
import { pointwiseLayer } from './pointwise.js'
import { permutationLayer, rearrangeLayer } from './rearrange.js'
import { argMaxLayer, reductionLayer } from './reductions.js'
import { switchUpsamplingLayer } from './switch-upsampling.js'

/** The layers of Caffe that `coreLayers` lacks; both lists together load every imported model. */
export const caffeLayers: readonly LayerPlugin[] = [
  argMaxLayer,
  axisConcatenationLayer,
  axisCropLayer,
  axisSliceLayer,
  axisSoftmaxLayer,
  batchStatisticsLayer,
  broadcastAffineLayer,
  broadcastLayer,
  elementwiseLayer,
  globalPoolingLayer,
  innerProductLayer,
  interpolationLayer,
  l2NormalizationLayer,
  meanVarianceNormalizationLayer,
  permutationLayer,
  pointwiseLayer,
  rearrangeLayer,
  reductionLayer,
  switchUpsamplingLayer,
  tileLayer,
]
