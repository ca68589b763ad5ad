import { stockLayers } from '../geometry/stock-layers.js'
import { batchNormalizationLayer } from './batch-normalization.js'
import { bilinearUpsamplingLayer } from './bilinear-upsampling.js'
import { channelScaleLayer } from './channel-scale.js'
import { concatenationLayer } from './concatenation.js'
import { convolutionLayer } from './convolution.js'
import { cropLikeLayer } from './crop-like.js'
import { dilatedPoolingLayer } from './dilated-pooling.js'
import { dropoutLayer } from './dropout.js'
import { localResponseNormalizationLayer } from './local-response-normalization.js'
import { maxUnpoolingLayer } from './max-unpooling.js'
import type { LayerPlugin } from './pixelwise-layer.js'
import { averagePoolingLayer, maxPoolingLayer, maxPoolingWithSwitchesLayer } from './pooling.js'
import { resizeLikeLayer } from './resize-like.js'
import { transposedConvolutionLayer } from './transposed-convolution.js'

/** The layers of this package and tfjs's own, with their geometry: the base of every layer registry. */
export const coreLayers: readonly LayerPlugin[] = [
  ...stockLayers,
  averagePoolingLayer,
  batchNormalizationLayer,
  bilinearUpsamplingLayer,
  channelScaleLayer,
  concatenationLayer,
  convolutionLayer,
  cropLikeLayer,
  dilatedPoolingLayer,
  dropoutLayer,
  localResponseNormalizationLayer,
  maxPoolingLayer,
  maxPoolingWithSwitchesLayer,
  maxUnpoolingLayer,
  resizeLikeLayer,
  transposedConvolutionLayer,
]
